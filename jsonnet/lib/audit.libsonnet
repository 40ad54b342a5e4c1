// A SQL question of the catalogue, speaking the same few words to a panel as a signal does.
local sources = import 'audit_source.libsonnet';

function(config, catalogue, name) {
  local question =
    if std.objectHas(catalogue, name) then catalogue[name]
    else error 'The audit catalogue has no question "' + name + '".',
  local source = sources[config.auditSource],
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
  datasource:: source.datasource,
  interval:: source.interval(question),
  seriesName:: source.seriesName(question),
  ordered:: source.ordered,
  asTarget(refId, instant=false, format='', legend=''):: source.target(name, question, refId),
}
