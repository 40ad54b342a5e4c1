// Prometheus: queries as Grafana's data source sends them, answers as the frames it makes of them.
import {
  createDataFrame,
  DataFrameType,
  FieldType,
  rangeUtil,
  renderLegendFormat,
  type DataFrame,
  type DataQueryRequest,
  type Labels,
  type MetricFindValue,
  type TimeRange,
} from '@grafana/data';
import type { VariableCustomFormatterFn } from '@grafana/scenes';
import type { DataQuery } from '@grafana/schema';
import { ask, fillIn, QuerySource } from './datasource';

interface PrometheusQuery extends DataQuery {
  expr: string;
  legendFormat?: string;
  interval?: string;
  instant?: boolean;
  range?: boolean;
  format?: 'time_series' | 'table' | 'heatmap';
}
interface Series {
  metric: Labels;
  value?: [number, string];
  values?: Array<[number, string]>;
}
interface Answer {
  data: { resultType: string; result: Series[] | [number, string] };
}

const SAFE_POINTS = 11_000;
const LABEL_VALUES = /^label_values\((?:(.+),\s*)?([a-zA-Z_][a-zA-Z0-9_]*)\s*\)$/s;

/** How a variable is written inside a matcher: several values become alternatives of a regular expression. */
const asRegex: VariableCustomFormatterFn = (value, variable) => {
  const escape = (text: unknown) => String(text).replace(/\\/g, '\\\\\\\\').replace(/[$^*{}[\]'+?.()|]/g, '\\\\$&');
  const { multi, includeAll } = variable as { multi?: boolean; includeAll?: boolean };
  if (!Array.isArray(value)) {
    return multi || includeAll ? escape(value) : String(value).replace(/\\/g, '\\\\').replace(/"/g, '\\"');
  }
  return value.length === 1 ? escape(value[0]) : `(${value.map(escape).join('|')})`;
};

export class PrometheusSource extends QuerySource<PrometheusQuery> {
  constructor(
    uid: string,
    readonly scrape: string
  ) {
    super('prometheus', uid);
    this.interval = scrape;
  }

  async frames(target: PrometheusQuery, request: DataQueryRequest<PrometheusQuery>): Promise<DataFrame[]> {
    const step = this.step(target, request);
    const expr = fillIn(target.expr, { ...request.scopedVars, ...this.durations(step, request.range) }, asRegex);
    const answer = await (target.instant ? instant(expr, request.range) : range(expr, request.range, step));
    const series = asSeries(answer);
    if (target.format === 'table') {
      return [table(target, series, request.targets.length > 1)];
    }
    const frames = series.map((one) => frame(target, one, expr, step));
    return target.format === 'heatmap' ? buckets(frames) : frames;
  }

  async options(text: string, request: DataQueryRequest<PrometheusQuery>): Promise<MetricFindValue[]> {
    const query = fillIn(text, request.scopedVars, asRegex);
    const [, matcher, label] = LABEL_VALUES.exec(query.trim()) ?? [];
    if (!label) {
      throw new Error(`This page answers label_values(...) only, not: ${query}`);
    }
    const parameters = new URLSearchParams(bounds(request.range));
    if (matcher) {
      parameters.set('match[]', matcher);
    }
    const { data } = await ask<{ data: string[] }>(`/prometheus/api/v1/label/${label}/values?${parameters}`);
    return data.map((value) => ({ text: value }));
  }

  private step(target: PrometheusQuery, request: DataQueryRequest): number {
    const least = target.interval ? rangeUtil.intervalToMs(fillIn(target.interval, request.scopedVars, 'glob')) : 0;
    const span = request.range.to.valueOf() - request.range.from.valueOf();
    return Math.max(request.intervalMs, least, Math.ceil(span / SAFE_POINTS), 1000);
  }

  private durations(step: number, { from, to }: TimeRange) {
    const scrape = rangeUtil.intervalToMs(this.scrape);
    const rate = Math.max(step + scrape, 4 * scrape);
    const span = to.valueOf() - from.valueOf();
    const variable = (value: string | number) => ({ text: String(value), value });
    return {
      __rate_interval: variable(duration(rate)),
      __interval: variable(duration(step)),
      __interval_ms: variable(step),
      __range: variable(`${Math.round(span / 1000)}s`),
      __range_s: variable(Math.round(span / 1000)),
      __range_ms: variable(span),
    };
  }
}

const duration = (milliseconds: number) =>
  milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;

const bounds = ({ from, to }: TimeRange) => ({ start: String(from.unix()), end: String(to.unix()) });

function range(query: string, { from, to }: TimeRange, step: number): Promise<Answer> {
  const aligned = (moment: number) => String((Math.floor(moment / step) * step) / 1000);
  const parameters = { query, start: aligned(from.valueOf()), end: aligned(to.valueOf()), step: String(step / 1000) };
  return ask(`/prometheus/api/v1/query_range?${new URLSearchParams(parameters)}`);
}

function instant(query: string, { to }: TimeRange): Promise<Answer> {
  return ask(`/prometheus/api/v1/query?${new URLSearchParams({ query, time: String(to.unix()) })}`);
}

function asSeries({ data }: Answer): Series[] {
  return data.resultType === 'scalar'
    ? [{ metric: {}, value: data.result as [number, string] }]
    : (data.result as Series[]);
}

const samples = (series: Series) => series.values ?? (series.value ? [series.value] : []);
const number = (text: string) => (text.endsWith('Inf') ? Number(text.replace('Inf', 'Infinity')) : Number(text));

function frame(target: PrometheusQuery, series: Series, expr: string, step: number): DataFrame {
  const points = samples(series);
  const legend = target.legendFormat ?? '';
  const auto = legend === '' || legend === '__auto';
  const displayNameFromDS = auto ? plainName(series.metric, expr) : renderLegendFormat(legend, series.metric);
  return createDataFrame({
    refId: target.refId,
    meta: { type: DataFrameType.TimeSeriesMulti },
    fields: [
      { name: 'Time', type: FieldType.time, config: { interval: step }, values: points.map(([at]) => at * 1000) },
      {
        name: 'Value',
        type: FieldType.number,
        labels: series.metric,
        config: { displayNameFromDS },
        values: points.map(([, value]) => number(value)),
      },
    ],
  });
}

function plainName({ __name__ = '', ...labels }: Labels, expr: string): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return __name__ + (pairs.length ? `{${pairs.join(', ')}}` : '') || expr;
}

function table(target: PrometheusQuery, series: Series[], several: boolean): DataFrame {
  const labels = [...new Set(series.flatMap(({ metric }) => Object.keys(metric).sort()))];
  const rows = series.flatMap((one) => samples(one).map((point) => ({ metric: one.metric, point })));
  const value = several ? `Value #${target.refId}` : 'Value';
  return createDataFrame({
    refId: target.refId,
    meta: { preferredVisualisationType: 'table' },
    fields: [
      { name: 'Time', type: FieldType.time, values: rows.map(({ point }) => point[0] * 1000) },
      ...labels.map((name) => ({
        name,
        type: FieldType.string,
        config: { filterable: true },
        values: rows.map(({ metric }) => metric[name] ?? ''),
      })),
      { name: value, type: FieldType.number, values: rows.map(({ point }) => number(point[1])) },
    ],
  });
}

/** Cumulative buckets, one frame for each `le`, as the rows of a heatmap: sorted, and each without those below it. */
function buckets(frames: DataFrame[]): DataFrame[] {
  const bound = ({ fields }: DataFrame) => number(fields[1].labels?.le ?? 'NaN');
  const sorted = [...frames].sort((a, b) => bound(a) - bound(b));
  const counts = sorted.map(({ fields }) => new Map(fields[0].values.map((at, i) => [at, fields[1].values[i]])));
  return sorted.map((one, i) => {
    const [time, value] = one.fields;
    const below = (at: number) => counts[i - 1]?.get(at) ?? 0;
    const values = value.values.map((count, j) => Math.max(count - below(time.values[j]), 0));
    return { ...one, fields: [time, { ...value, name: value.labels?.le ?? value.name, values }] };
  });
}
