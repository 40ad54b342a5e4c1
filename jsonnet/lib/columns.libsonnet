// How table columns look wherever they stand, by the name that a query gives them: as narrow as their content,
// so that what is read, the free text, gets the rest. A spec may say otherwise for its own panel.
local style = import 'style.libsonnet';

local coloured(colours) = [
  { value: text, text: text, colour: colours[text] }
  for text in std.objectFields(colours)
];

local named = {
  time: { width: 155, unit: 'dateTimeAsIsoNoDateIfToday' },
  first_seen: { width: 140, unit: 'dateTimeFromNow' },
  last_seen: self.first_seen,
  first_attempt: self.first_seen,
  last_attempt: self.first_seen,
  first_access: self.first_seen,
  last_access: self.first_seen,

  severity: { width: 85, values: coloured({ critical: 'red', 'error': 'orange', warning: 'yellow' }) },
  status: {
    width: 95,
    values: coloured({
      ok: 'green',
      warning: 'orange',
      violation: 'red',
      open: 'orange',
      regressed: 'red',
      resolved: 'green',
    }),
  },
  outcome: { width: 85, values: coloured({ success: 'green', noop: 'text', failure: 'orange', denied: 'red' }) },

  error_type: { width: 95 },
  error_code: { width: 95 },
  operation_type: { width: 95 },
  event_type: { width: 80 },
  category: { width: 100 },
  endpoint: { width: 100 },
  entity: { width: 115 },
  entity_id: { width: 150 },
  ip_address: { width: 115 },
  request_id: { width: 130 },
  fingerprint: { width: 140 },
  source: { width: 145 },
  roles: { width: 110 },
  user: { width: 180 },
  tenant: {
    width: 130,
    link: { title: 'Users of this tenant', dashboard: 'users', query: '&${audit_datasource:queryparam}&var-tenant=${__value.text}' },
  },
};

// A number's column is as wide as its title with the arrow that sorts.
local width(title) = std.max(80, 40 + 8 * std.length(title));

// Numbers of things are read one by one, not as "2 K".
local counts = ['active_users', 'affected_users', 'attempts', 'calls', 'changes', 'denied', 'errors', 'occurrences', 'operations', 'reads', 'requests', 'users'];
local number(column) = { width: width(column.title), [if std.member(counts, column.name) then 'unit']: 'locale' };

local property(id, value) = { id: id, value: value };

// What a spec may say of a column, as Grafana's field properties.
local settings = {
  title(config, value): [property('displayName', value)],
  unit(config, value): [property('unit', value)],
  decimals(config, value): [property('decimals', value)],
  // null leaves the width to the table.
  width(config, value): if value == null then [] else [property('custom.width', value)],
  wrap(config, value): [property('custom.cellOptions', { type: 'auto', wrapText: value })],
  colour(config, value): [property('color', style.fixed(value))],
  values(config, value): [
    property('mappings', style.mappings(value)),
    property('custom.cellOptions', { type: 'color-text' }),
  ],
  // A bar in the cell, full at this value.
  bar(config, value): [
    property('custom.cellOptions', { type: 'gauge', mode: 'basic', valueDisplayMode: 'text' }),
    property('color', style.fixed('blue')),
    property('min', 0),
    property('max', value),
  ],
  // To another dashboard, with what this one is set to, and more: { title, dashboard, query }.
  link(config, value):
    local target = config.dashboards[value.dashboard];
    if !target.enabled then [] else [property('links', [{
      title: value.title,
      url: '/d/' + target.uid + '?${__url_time_range}&${datasource:queryparam}' + value.query,
      targetBlank: false,
    }])],
};

function(config)
  local properties(column) = std.flatMap(function(key) settings[key](config, column[key]), std.objectFields(column));
  local conventional = { [name]: properties(named[name]) for name in std.objectFields(named) };
  {
    // Of a column that only the spec describes.
    given:: properties,

    // Of a table's column from the catalogue; `own` is what the spec says of it, or null.
    of(column, own)::
      if own != null then properties(std.get(named, column.name, if column.type == 'number' then number({ name: column.name, title: std.get(own, 'title', column.title) }) else {}) + own)
      else if column.name in conventional then conventional[column.name]
      else if column.type == 'number' then properties(number(column))
      else [],
  }
