// What a drawn dashboard shows, panel by panel.
import { FieldType, LoadingState, type DataFrame, type PanelData } from '@grafana/data';
import {
  MultiValueVariable,
  sceneGraph,
  VizPanel,
  type EmbeddedScene,
  type MultiValueVariableState,
} from '@grafana/scenes';

const CONTENT = 'canvas, svg, table, [role=grid], [role=table], [data-loaded=true], .markdown-html';
const SLACK = 4; // pixels that rounding may cost

export interface PanelReport {
  id: number;
  title: string;
  kind: string;
  /** The kind of panel that a stand-in was drawn for, or null. */
  placeholder: string | null;
  state: 'loading' | 'drawn' | 'empty' | 'error';
  error: string;
  series: number;
  /** How many values that are not null the panel was given. */
  values: number;
  text: string;
  /** Parts that one would have to scroll to see. */
  hidden: Array<'columns' | 'legend'>;
  /** Where the panel ends on the page, in pixels. */
  bottom: number;
}

export interface Report {
  /** The choices that each variable found, by name. */
  variables: Record<string, string[]>;
  panels: PanelReport[];
}

export function reportOf(scene: EmbeddedScene): Report {
  const variables = sceneGraph.getVariables(scene).state.variables.flatMap((one) =>
    one instanceof MultiValueVariable ? [one.state as MultiValueVariableState] : []
  );
  const panels = sceneGraph.findAllObjects(scene, (one) => one instanceof VizPanel) as VizPanel[];
  return {
    variables: Object.fromEntries(
      variables.map(({ name, options }) => [name, options.map(({ value }) => String(value))])
    ),
    panels: panels.map(panelReport),
  };
}

function panelReport(panel: VizPanel): PanelReport {
  const element = document.querySelector<HTMLElement>(`[data-viz-panel-key="${panel.state.key}"]`);
  const data = panel.state.$data ? sceneGraph.getData(panel).state.data : undefined;
  const error = errorOf(panel, element, data);
  const series = data?.series ?? [];
  const values = series.reduce((sum, frame) => sum + valuesIn(frame), 0);
  return {
    id: panel.getLegacyPanelId(),
    title: panel.state.title,
    kind: panel.state.pluginId,
    placeholder: element?.querySelector<HTMLElement>('[data-placeholder]')?.dataset.placeholder ?? null,
    state: error ? 'error' : stateOf(panel, element, data, values),
    error,
    series: series.length,
    values,
    text: element?.innerText ?? '',
    hidden: element ? hiddenIn(element) : [],
    bottom: element ? Math.round(element.getBoundingClientRect().bottom + window.scrollY) : 0,
  };
}

function errorOf(panel: VizPanel, element: HTMLElement | null, data?: PanelData): string {
  const asked = data?.errors?.map(({ message }) => message).join('; ') || data?.error?.message;
  return panel.state._pluginLoadError || asked || element?.querySelector<HTMLElement>('[role=alert]')?.innerText || '';
}

function stateOf(panel: VizPanel, element: HTMLElement | null, data: PanelData | undefined, values: number) {
  const content = element?.querySelector(CONTENT);
  const asks = panel.state.$data !== undefined;
  if (!element || (asks && data?.state !== LoadingState.Done)) {
    return 'loading';
  }
  const nothing = element.querySelector('[data-no-data], [data-alert-rules="0"][data-loaded=true]');
  if (nothing || (asks && values === 0) || saysNothing(panel, element)) {
    return 'empty';
  }
  const shows = content || (element.innerText.trim() !== panel.state.title && element.innerText.trim() !== '');
  return shows ? 'drawn' : 'loading';
}

/** Whether words stand for a value; a number such as 0 is one, and single cells of a table may be without. */
function saysNothing({ state }: VizPanel, element: HTMLElement): boolean {
  const substitute = state.fieldConfig.defaults.noValue ?? 'No data';
  const words = state.pluginId !== 'table' && Number.isNaN(Number(substitute));
  return words && element.innerText.split('\n').includes(substitute);
}

function hiddenIn(element: HTMLElement): PanelReport['hidden'] {
  const grids = [...element.querySelectorAll('[role=grid]')];
  const legends = [...element.querySelectorAll('[data-testid*="viz-layout-legend"] *')];
  return [
    ...(grids.some((grid) => grid.scrollWidth > grid.clientWidth + SLACK) ? ['columns' as const] : []),
    ...(legends.some(isCut) ? ['legend' as const] : []),
  ];
}

const isCut = (part: Element) =>
  ['auto', 'scroll'].includes(getComputedStyle(part).overflowY) && part.scrollHeight > part.clientHeight + SLACK;

const valuesIn = ({ fields }: DataFrame): number =>
  fields
    .filter(({ type }) => type !== FieldType.time || fields.every((field) => field.type === FieldType.time))
    .reduce((sum, { values }) => sum + values.filter((value) => value !== null && !Number.isNaN(value)).length, 0);
