// A SQL question of the catalogue, speaking the same few words to a panel as a signal does.
local sources = {
  postgres(question, refId): {
    refId: refId,
    datasource: { type: 'grafana-postgresql-datasource', uid: '${audit_datasource}' },
    editorMode: 'code',
    rawQuery: true,
    format: question.format,
    rawSql: question.rawSql,
  },
};

function(config, catalogue, name) {
  local question =
    if std.objectHas(catalogue, name) then catalogue[name]
    else error 'The audit catalogue has no question "' + name + '".',
  local source =
    if std.objectHas(sources, config.auditSource) then sources[config.auditSource]
    else error '_config.auditSource: ' + config.auditSource + ' is not built yet; use "postgres".',
  local numbers = [column for column in question.columns if column.type == 'number'],

  name:: 'audit.' + name,
  available:: true,
  title:: question.title,
  description:: question.description,
  unit:: if numbers == [] then 'short' else self.unitOf(numbers[0]),
  columns:: question.columns,
  scopedByTenant:: std.objectHas(question.parameters, 'tenants'),
  unitOf(column):: if column.unit == '' then (if column.type == 'number' then 'short' else '') else column.unit,
  alert:: null,
  limits:: null,
  bad:: 'above',
  colour:: null,
  colours:: {},
  mappings:: [],
  complete:: null,
  datasource:: { type: 'grafana-postgresql-datasource', uid: '${audit_datasource}' },
  asTarget(refId, instant=false, format='', legend=''):: source(question, refId),
}
