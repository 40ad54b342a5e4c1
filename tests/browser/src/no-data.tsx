import { useTheme2 } from '@grafana/ui';

/** What Grafana writes into a panel whose queries gave nothing. */
export function NoData() {
  const { colors, typography } = useTheme2();
  return (
    <div
      data-no-data
      style={{
        height: '100%', display: 'grid', placeItems: 'center', color: colors.text.secondary,
        fontSize: typography.h4.fontSize,
      }}
    >
      No data
    </div>
  );
}
