// What Grafana's own application sets before a scene may live: data sources, plugins, events, the way to run a query.
import {
  createTheme,
  EventBusSrv,
  getDefaultTimeRange,
  LoadingState,
  toDataFrame,
  type DataSourceApi,
  type DataSourceInstanceSettings,
  type PanelData,
  type ScopedVars,
} from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import {
  config,
  setAppEvents,
  setDataSourceSrv,
  setPluginImportUtils,
  setRunRequest,
  toDataQueryError,
  type DataSourceSrv,
} from '@grafana/runtime';
import { loadResources, sceneUtils } from '@grafana/scenes';
import type { DataSourceRef } from '@grafana/schema';
import { catchError, from, map, of, type Observable } from 'rxjs';
import { ask, fillIn } from './datasource';
import { PostgresSource } from './datasource-postgres';
import { PrometheusSource } from './datasource-prometheus';
import { panelPlugins } from './plugins';
import { registerStandards } from './registry';

const SCRAPE_INTERVAL = /^ *scrape_interval: (\S+)/m;

export async function prepare(): Promise<void> {
  config.theme2 = createTheme({ colors: { mode: 'dark' } });
  await initPluginTranslations('grafana-scenes', [loadResources]);
  registerStandards();
  setAppEvents(new EventBusSrv());
  setRunRequest(runRequest);
  setPluginImportUtils({
    getPanelPluginFromCache: () => undefined,
    importPanelPlugin: (id) => Promise.reject(new Error(`This page has no panel of the kind ${id}.`)),
  });
  Object.entries(panelPlugins).forEach(([pluginId, plugin]) =>
    sceneUtils.registerRuntimePanelPlugin({ pluginId, plugin })
  );
  const status = await ask<{ data: { yaml: string } }>('/prometheus/api/v1/status/config');
  const scrape = SCRAPE_INTERVAL.exec(status.data.yaml)?.[1] ?? '15s';
  setDataSourceSrv(sources([new PrometheusSource('Prometheus', scrape), new PostgresSource('Audit')]));
}

/** Data sources found by uid, by a variable that holds a uid, or by type. */
function sources(all: Array<DataSourceApi<any>>): DataSourceSrv {
  const find = (ref?: DataSourceRef | string | null, scopedVars?: ScopedVars) => {
    const { uid = '', type = '' } = typeof ref === 'string' ? { uid: ref } : (ref ?? {});
    const wanted = scopedVars?.__sceneObject ? fillIn(uid, scopedVars, 'text') : uid;
    return all.find((source) => source.uid === wanted) ?? all.find((source) => !uid && source.type === type);
  };
  const settings = (source: DataSourceApi<any>) =>
    ({ uid: source.uid, name: source.uid, type: source.type, meta: source.meta }) as DataSourceInstanceSettings;
  return {
    async get(ref, scopedVars) {
      const source = find(ref, scopedVars);
      if (!source) {
        throw new Error(`No data source ${JSON.stringify(ref)}.`);
      }
      return source;
    },
    getList: (filters) =>
      all.filter(({ type }) => !filters?.pluginId || type === filters.pluginId).map(settings),
    getInstanceSettings: (ref, scopedVars) => {
      const source = find(ref, scopedVars);
      return source && settings(source);
    },
    reload: async () => {},
    registerRuntimeDataSource: () => {},
  };
}

const runRequest: Parameters<typeof setRunRequest>[0] = (source, request, queryFunction): Observable<PanelData> => {
  const base = { request, timeRange: request.range ?? getDefaultTimeRange(), series: [] };
  return from((queryFunction ?? source.query.bind(source))(request)).pipe(
    map(({ data }) => ({ ...base, state: LoadingState.Done, series: data.map((frame) => toDataFrame(frame)) })),
    catchError((error) => {
      const told = toDataQueryError(error);
      return of({ ...base, state: LoadingState.Error, error: told, errors: [told] });
    })
  ) as Observable<PanelData>;
};
