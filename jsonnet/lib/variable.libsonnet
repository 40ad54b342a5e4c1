// The variables at the top of a dashboard.
local auditSources = import 'audit_source.libsonnet';
local query = import 'query.libsonnet';

local source(name, label, type) = {
  type: 'datasource',
  name: name,
  label: label,
  query: type,
  regex: '',
  refresh: 1,
  hide: 0,
  multi: false,
  includeAll: false,
  options: [],
};

local choice(name, label, datasource, text) = {
  type: 'query',
  name: name,
  label: label,
  datasource: datasource,
  query: text,
  definition: text,
  regex: '',
  refresh: 2,
  sort: 1,
  hide: 0,
  multi: true,
  includeAll: true,
  current: { selected: true, text: ['All'], value: ['$__all'] },
  options: [],
};

local titled(name) = std.asciiUpper(name[0]) + name[1:];

// The values of `label` among the application's targets, within the choices before it.
local ofTargets(config, label, before) =
  local where = query.matchers([config.fraiseqlSelector] + [other + '=~"$' + other + '"' for other in before]);
  local name = if label == config.instanceLabel then 'instance' else label;
  choice(name, titled(name), { type: 'prometheus', uid: '${datasource}' }, 'label_values(up{' + where + '}, ' + label + ')') {
    allValue: '.+',
  };

{
  prometheus():: [source('datasource', 'Data source', 'prometheus')],

  // Which of the application's series; out of sight where only the marks on the graphs ask them.
  targets(config, labels, shown=true)::
    [
      ofTargets(config, labels[i], labels[:i]) { hide: if shown then 0 else 2 }
      for i in std.range(0, std.length(labels) - 1)
    ],

  audit(config):: [source('audit_datasource', 'Audit data source', auditSources[config.auditSource].datasource.type)],

  tenant(config, catalogue)::
    local asked = auditSources[config.auditSource];
    [choice('tenant', 'Tenant', asked.datasource, '') + asked.tenants(catalogue)],
}
