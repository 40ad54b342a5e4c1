// PostgreSQL: the server behind the page expands the macros and runs the SQL; this makes Grafana's frames of the rows.
import {
  createDataFrame,
  FieldType,
  type DataFrame,
  type DataQueryRequest,
  type MetricFindValue,
  type TimeRange,
} from '@grafana/data';
import type { VariableCustomFormatterFn } from '@grafana/scenes';
import type { DataQuery } from '@grafana/schema';
import { ask, fillIn, QuerySource } from './datasource';

interface SqlQuery extends DataQuery {
  rawSql: string;
  format?: 'table' | 'time_series';
}
interface Rows {
  columns: Array<{ name: string; type: FieldType }>;
  rows: unknown[][];
}

/** How a variable without a format is written: several values become a list of quoted literals. */
const quoted: VariableCustomFormatterFn = (value, variable) => {
  const quote = (text: unknown) => `'${String(text).replace(/'/g, "''")}'`;
  const { multi, includeAll } = variable as { multi?: boolean; includeAll?: boolean };
  if (Array.isArray(value)) {
    return value.map(quote).join(',');
  }
  return multi || includeAll ? quote(value) : String(value);
};

export class PostgresSource extends QuerySource<SqlQuery> {
  constructor(uid: string) {
    super('grafana-postgresql-datasource', uid);
    this.interval = '1m'; // Grafana's default for this data source
  }

  async frames(target: SqlQuery, request: DataQueryRequest<SqlQuery>): Promise<DataFrame[]> {
    const rows = await run(fillIn(target.rawSql, request.scopedVars, quoted), request.range);
    const series = target.format === 'time_series' ? wide(rows) : rows;
    return [
      createDataFrame({
        refId: target.refId,
        fields: series.columns.map(({ name, type }, i) => ({ name, type, values: series.rows.map((row) => row[i]) })),
      }),
    ];
  }

  async options(text: string, request: DataQueryRequest<SqlQuery>): Promise<MetricFindValue[]> {
    const { columns, rows } = await run(fillIn(text, request.scopedVars, quoted), request.range);
    const place = (name: string) => Math.max(columns.findIndex((column) => column.name === name), 0);
    return rows.map((row) => ({ text: String(row[place('__text')]), value: String(row[place('__value')]) }));
  }
}

function run(rawSql: string, { from, to }: TimeRange): Promise<Rows> {
  return ask('/sql', { method: 'POST', body: JSON.stringify({ rawSql, from: from.valueOf(), to: to.valueOf() }) });
}

/** Long rows (time, name, value) as one column for each name; rows without a text column stay as they are. */
function wide({ columns, rows }: Rows): Rows {
  const time = columns.findIndex(({ type }) => type === FieldType.time);
  if (time < 0 && rows.length > 0) {
    throw new Error('A time series needs a column of times.');
  }
  const names = columns.flatMap(({ type }, i) => (type === FieldType.string ? [i] : []));
  if (names.length === 0) {
    return { columns: columns.map((column, i) => (i === time ? { ...column, name: 'Time' } : column)), rows };
  }
  const values = columns.flatMap((_, i) => (i === time || names.includes(i) ? [] : [i]));
  const title = (row: unknown[], value: number) =>
    [...(values.length > 1 ? [columns[value].name] : []), ...names.map((i) => row[i])].join(' ');
  const titles = [...new Set(rows.flatMap((row) => values.map((value) => title(row, value))))];
  const moments = new Map<unknown, unknown[]>();
  for (const row of rows) {
    const cells = moments.get(row[time]) ?? titles.map(() => null);
    values.forEach((value) => (cells[titles.indexOf(title(row, value))] = row[value]));
    moments.set(row[time], cells);
  }
  return {
    columns: [
      { name: 'Time', type: FieldType.time },
      ...titles.map((name) => ({ name, type: FieldType.number })),
    ],
    rows: [...moments].map(([moment, cells]) => [moment, ...cells]),
  };
}
