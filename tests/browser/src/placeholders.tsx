// Stand-ins for kinds of panel whose drawing Grafana does not publish. Each says that it is one, and shows the data.
import { formattedValueToString, getValueFormat, type PanelProps } from '@grafana/data';
import { useTheme2 } from '@grafana/ui';
import { useEffect, useState, type CSSProperties, type ReactNode } from 'react';
import { ask } from './datasource';
import { NoData } from './no-data';
import { BarGaugePanel, useDisplayValues } from './plugins';

const LABEL_HEIGHT = 16;

function Placeholder({ kind, height, children }: { kind: string; height: number; children: ReactNode }) {
  const { colors } = useTheme2();
  const label: CSSProperties = { height: LABEL_HEIGHT, fontSize: 10, color: colors.text.disabled, textAlign: 'right' };
  return (
    <div data-placeholder={kind} style={{ height }}>
      <div style={label}>stand-in for Grafana's {kind}</div>
      <div style={{ height: height - LABEL_HEIGHT, overflow: 'hidden' }}>{children}</div>
    </div>
  );
}

/** The values of a gauge with its colours and range, lying down. */
export function GaugePlaceholder(props: PanelProps<any>) {
  const options = { ...props.options, orientation: 'horizontal', displayMode: 'basic', maxVizHeight: 60 };
  return (
    <Placeholder kind="gauge" height={props.height}>
      <BarGaugePanel {...props} options={options} height={props.height - LABEL_HEIGHT} />
    </Placeholder>
  );
}

/** Names and newest values, for kinds that draw shares or distributions. */
export function ListPlaceholder(props: PanelProps<any>) {
  const values = useDisplayValues(props).map(({ display }) => display);
  return (
    <Placeholder kind="chart" height={props.height}>
      {values.length === 0 ? <NoData /> : (
        <table style={{ width: '100%' }}>
          <tbody>
            {values.map(({ title, prefix = '', text, suffix = '', color }, i) => (
              <tr key={i}>
                <td>{title}</td>
                <td style={{ textAlign: 'right', color }}>{prefix + text + suffix}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Placeholder>
  );
}

/** Buckets from the lowest at the bottom, moments from left to right, the more the brighter. */
export function HeatmapPlaceholder({ data, height, width, options, timeRange }: PanelProps<any>) {
  const { visualization } = useTheme2();
  const rows = data.series.filter(({ length }) => length > 0);
  if (rows.length === 0) {
    return <NoData />;
  }
  const [left, bottom] = [64, 18];
  const [from, to] = [timeRange.from.valueOf(), timeRange.to.valueOf()];
  const size = { width: width - left, height: height - LABEL_HEIGHT - bottom };
  const across = (span: number) => (span / (to - from)) * size.width;
  const cell = { width: across(rows[0].fields[0].config.interval ?? 0), height: size.height / rows.length };
  const most = Math.max(...rows.flatMap(({ fields }) => fields[1].values as number[]), Number.MIN_VALUE);
  const edge = getValueFormat(options.yAxis?.unit);
  return (
    <Placeholder kind="heatmap" height={height}>
      <svg width={width} height={height - LABEL_HEIGHT} fill={visualization.getColorByName('orange')} fontSize={11}>
        {rows.map(({ fields: [time, counts] }, i) => (
          <g key={i} transform={`translate(${left} ${(rows.length - 1 - i) * cell.height})`}>
            <text x={-6} y={cell.height / 2 + 4} fill="currentColor" textAnchor="end">
              {counts.name === '+Inf' ? 'more' : formattedValueToString(edge(Number(counts.name)))}
            </text>
            {counts.values.map((count: number, j: number) => (
              <rect
                key={j}
                x={Math.max(across(time.values[j] - from) - cell.width, 0)}
                width={Math.max(cell.width - 1, 1)}
                height={Math.max(cell.height - 1, 1)}
                opacity={count > 0 ? 0.15 + 0.85 * Math.sqrt(count / most) : 0.03}
              />
            ))}
          </g>
        ))}
        {[from, to].map((moment, i) => (
          <text
            key={i} x={i ? width : left} y={height - LABEL_HEIGHT - 3} fill="currentColor"
            textAnchor={i ? 'end' : 'start'}
          >
            {new Date(moment).toISOString().slice(11, 16)}
          </text>
        ))}
      </svg>
    </Placeholder>
  );
}

interface Vector {
  data: { result: Array<{ metric: Record<string, string>; value: [number, string] }> };
}
interface Alert {
  labels: Record<string, string>;
  since: Date;
}
interface Alerts {
  /** How many alerting rules are loaded. */
  rules: number;
  shown: Alert[];
}

/** The alerts that a list of alerts would show, narrowed by the panel's own options. */
export function AlertListPlaceholder({ options, height }: PanelProps<any>) {
  const { colors } = useTheme2();
  const [alerts, setAlerts] = useState<Alerts | undefined>();
  const [failure, setFailure] = useState('');
  useEffect(() => {
    alertsOf(options).then(setAlerts, (error: Error) => setFailure(error.message));
  }, [options]);
  return (
    <Placeholder kind="alert list" height={height}>
      <div data-alert-rules={alerts?.rules} data-loaded={alerts !== undefined}>
        {failure && <span role="alert">{failure}</span>}
        {alerts?.shown.length === 0 && <p>No alerts match; {alerts.rules} rules are watched.</p>}
        {alerts?.shown.map(({ labels, since }, i) => (
          <div key={i} style={{ display: 'flex', gap: 12, padding: '4px 0', whiteSpace: 'nowrap' }}>
            <b style={{ width: 56, color: labels.alertstate === 'firing' ? colors.error.text : colors.warning.text }}>
              {labels.alertstate}
            </b>
            <span style={{ flex: 1, overflow: 'hidden', textOverflow: 'ellipsis' }}>{labels.alertname}</span>
            <span>{labels.severity}</span>
            <span style={{ color: colors.text.secondary }}>since {since.toISOString().slice(11, 16)}</span>
          </div>
        ))}
      </div>
    </Placeholder>
  );
}

async function alertsOf(options: any): Promise<Alerts> {
  const filter = options.alertInstanceLabelFilter || '';
  const query = (text: string) => ask<Vector>(`/prometheus/api/v1/query?${new URLSearchParams({ query: text })}`);
  // An alert's own series says its state; another of the same labels says, as its value, since when.
  const [active, since, rules] = await Promise.all([
    query(`ALERTS${filter}`),
    query(`ALERTS_FOR_STATE${filter}`),
    ask<{ data: { groups: Array<{ rules: unknown[] }> } }>('/prometheus/api/v1/rules?type=alert'),
  ]);
  const key = ({ __name__, alertstate, ...labels }: Record<string, string>) => JSON.stringify(labels);
  const began = new Map(since.data.result.map(({ metric, value }) => [key(metric), Number(value[1])]));
  return {
    rules: rules.data.groups.reduce((sum, group) => sum + group.rules.length, 0),
    shown: active.data.result
      .filter(({ metric }) => (options.stateFilter ?? { firing: true, pending: true })[metric.alertstate])
      .map(({ metric, value }) => ({ labels: metric, since: new Date(1000 * (began.get(key(metric)) ?? value[0])) }))
      .sort((a, b) => a.labels.alertstate.localeCompare(b.labels.alertstate))
      .slice(0, options.maxItems ?? 20),
  };
}
