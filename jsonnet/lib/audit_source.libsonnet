// Who answers the SQL panels. Each way says the same few things: the type of Grafana's data source, a question as a target,
// the choice of tenants, and what a panel must set right about its answers.
//   postgres: Grafana's own PostgreSQL data source, which sends the question as SQL
//   infinity: the Infinity data source, which asks the audit proxy by name and never sees a table
local ask = 'api/observability/audit/queries/';

// As a panel sees them: the range with its shift, the width of a point, the tenants as a list.
local given = {
  from: '${__timeFrom:date:iso}',
  to: '${__timeTo:date:iso}',
  bucket: '$__interval',
  tenants: '${tenant:json}',
};

local values(parameters) = [
  { key: name, value: if name in given then given[name] else '${' + parameters[name].variable + '}' }
  for name in std.objectFields(parameters)
  if name in given || 'variable' in parameters[name]
];

// `parser` is written out: with columns and without it the browser would read the answer, and alert rules nothing at all.
local url(path, params, root, columns) = {
  type: 'json',
  source: 'url',
  parser: 'backend',
  url: ask + path,
  url_options: { method: 'GET', data: '', headers: [], params: params },
  root_selector: root,
  columns: columns,
  computed_columns: [],
  filters: [],
};

local column(name, type) = { selector: name, text: name, type: type };
local types = { time: 'timestamp', string: 'string', number: 'number', boolean: 'boolean' };

{
  postgres: {
    local datasource = { type: 'grafana-postgresql-datasource', uid: '${audit_datasource}' },
    datasource:: datasource,
    target(name, question, refId):: {
      refId: refId,
      datasource: datasource,
      editorMode: 'code',
      rawQuery: true,
      format: question.format,
      rawSql: question.rawSql,
    },
    // "All" stands for every tenant by name: SQL needs the names.
    tenants(catalogue):: { query: catalogue.tenants.rawSql, definition: catalogue.tenants.rawSql },
    interval(question):: null,
    seriesName(question):: null,
    ordered(questions):: [],
  },

  infinity: {
    local datasource = { type: 'yesoreyeram-infinity-datasource', uid: '${audit_datasource}' },
    datasource:: datasource,
    target(name, question, refId):: url(
      name,
      values(question.parameters),
      'rows',
      [column(each.name, types[each.type]) for each in question.columns]
    ) {
      refId: refId,
      datasource: datasource,
      format: if question.format == 'table' then 'table' else 'timeseries',
    },
    // "All" is an empty list, which the proxy takes for all that the token may see: a thousand names fit no address.
    tenants(catalogue):: {
      query: {
        queryType: 'infinity',
        refId: 'variable',
        query: '',
        infinityQuery: url('tenants/values/__value', [], '', [column('__text', 'string'), column('__value', 'string')]) {
          refId: 'variable',
          format: 'table',
        },
      },
      definition: ask + 'tenants/values/__value',
      allValue: '[]',
    },
    // The shortest point of Grafana's SQL data sources, so that both ways count over the same intervals.
    interval(question):: if 'bucket' in question.parameters then '1m' else null,
    // A series that comes as rows is named by its label, as SQL's column `metric` names it.
    seriesName(question)::
      if std.length([null for each in question.columns if each.name == 'metric']) > 0 then '${__field.labels.metric}' else null,
    // Infinity hands columns out by alphabet; this puts them back into the question's order.
    ordered(questions)::
      local all = [each.name for question in questions for each in question.columns];
      local names = std.foldl(
        function(known, name) if std.member(known, name) then known else known + [name],
        all,
        if std.member(all, 'time') then ['time'] else [],
      );
      if std.length(names) < 2 then [] else [{
        id: 'organize',
        options: {
          excludeByName: {},
          includeByName: {},
          indexByName: { [names[i]]: i for i in std.range(0, std.length(names) - 1) },
          renameByName: {},
        },
      }],
  },
}
