import type { DataLink } from '@grafana/data';
import { Icon, PanelChrome } from '@grafana/ui';

/** The sign in a panel's header that it links elsewhere, for instance to runbooks. */
export function PanelLinks({ links }: { links: DataLink[] }) {
  return (
    <PanelChrome.TitleItem title={links.map(({ title }) => title).join(', ')}>
      <Icon name="external-link-alt" size="md" />
    </PanelChrome.TitleItem>
  );
}
