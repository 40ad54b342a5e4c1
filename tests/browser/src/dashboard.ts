// A dashboard's JSON as a scene.
import {
  CustomVariable,
  DataSourceVariable,
  EmbeddedScene,
  QueryVariable,
  SceneControlsSpacer,
  SceneDataTransformer,
  SceneGridItem,
  SceneGridLayout,
  SceneGridRow,
  SceneQueryRunner,
  SceneRefreshPicker,
  SceneTimePicker,
  SceneTimeRange,
  SceneVariableSet,
  VariableValueSelectors,
  VizPanel,
  type SceneDataProvider,
  type SceneGridItemLike,
  type SceneVariable,
} from '@grafana/scenes';
import { createElement } from 'react';
import { PanelLinks } from './panel-links';

type Json = any; // a dashboard is Grafana's to check, not ours

/** The scene of a dashboard; `range` such as `15m` replaces the range that the dashboard opens with. */
export function sceneOf(dashboard: Json, range?: string): EmbeddedScene {
  const time = range ? { from: `now-${range}`, to: 'now' } : dashboard.time;
  return new EmbeddedScene({
    $timeRange: new SceneTimeRange({ ...time, timeZone: dashboard.timezone || 'utc' }),
    $variables: new SceneVariableSet({ variables: (dashboard.templating?.list ?? []).map(variableOf) }),
    controls: [
      new VariableValueSelectors({}),
      new SceneControlsSpacer(),
      new SceneTimePicker({}),
      new SceneRefreshPicker({ refresh: '' }), // a picture wants to hold still
    ],
    body: new SceneGridLayout({ children: rowsOf(dashboard.panels), isLazy: false }),
  });
}

/** Panels that follow an open row belong to it; a closed row carries its own. */
function rowsOf(panels: Json[]): SceneGridItemLike[] {
  const rows: Array<{ row?: Json; panels: Json[] }> = [{ panels: [] }];
  for (const panel of panels) {
    if (panel.type === 'row') {
      rows.push({ row: panel, panels: [...(panel.panels ?? [])] });
    } else {
      rows[rows.length - 1].panels.push(panel);
    }
  }
  return rows.flatMap(({ row, panels: own }): SceneGridItemLike[] => {
    const children = own.map(itemOf);
    return row
      ? [new SceneGridRow({ key: `row-${row.id}`, title: row.title, y: row.gridPos.y, children })]
      : children;
  });
}

function itemOf(panel: Json): SceneGridItem {
  if (panel.repeat) {
    throw new Error(`Panel "${panel.title}" repeats, which this page does not draw.`);
  }
  const { x, y, w: width, h: height } = panel.gridPos;
  return new SceneGridItem({ key: `item-${panel.id}`, x, y, width, height, body: panelOf(panel) });
}

function panelOf(panel: Json): VizPanel {
  return new VizPanel({
    key: `panel-${panel.id}`,
    title: panel.title,
    description: panel.description,
    pluginId: panel.type,
    pluginVersion: panel.pluginVersion,
    options: panel.options ?? {},
    fieldConfig: panel.fieldConfig ?? { defaults: {}, overrides: [] },
    displayMode: panel.transparent ? 'transparent' : 'default',
    hoverHeader: !panel.title,
    titleItems: panel.links?.length ? createElement(PanelLinks, { links: panel.links }) : undefined,
    $timeRange: panel.timeFrom ? new SceneTimeRange({ from: `now-${panel.timeFrom}`, to: 'now' }) : undefined,
    $data: panel.targets?.length ? dataOf(panel) : undefined,
  });
}

function dataOf(panel: Json): SceneDataProvider {
  const queries = new SceneQueryRunner({
    datasource: panel.datasource ?? panel.targets[0].datasource,
    queries: panel.targets,
    maxDataPoints: panel.maxDataPoints,
    minInterval: panel.interval,
  });
  return panel.transformations?.length
    ? new SceneDataTransformer({ $data: queries, transformations: panel.transformations })
    : queries;
}

function variableOf(variable: Json): SceneVariable {
  const choice = {
    name: variable.name,
    label: variable.label,
    hide: variable.hide,
    description: variable.description,
    value: variable.current?.value ?? '',
    text: variable.current?.text ?? '',
    isMulti: variable.multi,
    includeAll: variable.includeAll,
    allValue: variable.allValue || undefined,
    defaultToAll: variable.includeAll,
  };
  switch (variable.type) {
    case 'query':
      return new QueryVariable({
        ...choice,
        query: variable.query,
        datasource: variable.datasource,
        regex: variable.regex,
        sort: variable.sort,
        refresh: variable.refresh,
      });
    case 'datasource':
      return new DataSourceVariable({ ...choice, pluginId: variable.query, regex: variable.regex });
    case 'custom':
      return new CustomVariable({ ...choice, query: variable.query });
    default:
      throw new Error(`Variable "${variable.name}" is of a kind this page does not know: ${variable.type}.`);
  }
}
