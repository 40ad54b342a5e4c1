// The kinds of panel. A panel is put together from its spec (plain data) and from its items, the signals
// and audit questions it shows; what a kind adds is only how Grafana is to draw it.
local kinds = import 'kinds.libsonnet';
local runbook = import 'runbook.libsonnet';
local style = import 'style.libsonnet';

local refIds = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

local override(matcher, name, properties) = { matcher: { id: matcher, options: name }, properties: properties };
local property(id, value) = { id: id, value: value };
local when(condition, properties) = if condition then properties else [];

// How a series is drawn differently from its panel: 'line', 'area' or 'bars'.
local drawing(draw) = [
  property('custom.drawStyle', kinds.drawn(draw).drawStyle),
  property('custom.fillOpacity', kinds.drawn(draw).fillOpacity),
  property('custom.lineWidth', kinds.drawn(draw).lineWidth),
];

local onTheRight = [property('custom.axisPlacement', 'right')];

// What distinguishes the series of one query from the panel's defaults.
local itemProperties(spec, unit, item) =
  local signal = item.signal;
  local kind = kinds[spec.kind];
  local isGraph = spec.kind == 'timeSeries';
  local isQuestion = 'audit' in item;
  local own = std.get(item, 'unit', signal.unit);
  local colour = std.get(item, 'colour', signal.colour);
  when(isQuestion && 'legend' in item, [property('displayName', item.legend)]) +
  when(!isQuestion && own != unit, [property('unit', own)] + when(isGraph, onTheRight)) +
  if isGraph then
    when(colour != null, [property('color', style.fixed(colour))]) +
    when('draw' in item, drawing(item.draw)) +
    when('stack' in item, [property('custom.stacking', { mode: 'none', group: 'A' })]) +
    when(own != unit && signal.limits != null, [
      property('thresholds', kind.thresholds(signal.limits, signal.bad)),
      property('custom.thresholdsStyle', { mode: 'dashed' }),
    ])
  else if signal.mappings != [] then
    [property('mappings', style.mappings(signal.mappings)), property('thresholds', style.complete(signal.complete))]
  else if signal.limits != null then
    [property('thresholds', kind.thresholds(signal.limits, signal.bad))]
  else when(colour != null, [property('color', style.fixed(colour))]);

// What a spec may say of a column.
local columnSettings(config) = {
  title(value): [property('displayName', value)],
  unit(value): [property('unit', value)],
  decimals(value): [property('decimals', value)],
  width(value): [property('custom.width', value)],
  hidden(value): [property('custom.hidden', value)],
  colour(value): [property('color', style.fixed(value))],
  // To another dashboard, with what this one is set to, and more: { title, dashboard, query }.
  link(value): when(config.dashboards[value.dashboard].enabled, [property('links', [{
    title: value.title,
    url: '/d/' + config.dashboards[value.dashboard].uid + '?${__url_time_range}&${datasource:queryparam}' + value.query,
    targetBlank: false,
  }])]),
  values(value): [property('mappings', style.mappings(value)), property('custom.cellOptions', { type: 'color-text' })],
  bar(value): [
    property('custom.cellOptions', { type: 'gauge', mode: 'basic', valueDisplayMode: 'text' }),
    property('color', style.fixed('blue')),
    property('min', 0),
    property('max', value),
  ],
};

local columnProperties(config, column) =
  local settings = columnSettings(config);
  std.flatMap(function(key) settings[key](column[key]), std.objectFields(column));

// Columns that lead somewhere wherever they stand.
local everywhere = {
  tenant: {
    link: { title: 'Users of this tenant', dashboard: 'users', query: '&${audit_datasource:queryparam}&var-tenant=${__value.text}' },
  },
};

// Titles and units from the catalogue, then what the spec adds.
local questionColumns(config, kind, unit, columns, signal) = [
  local own = signal.unitOf(column);
  override('byName', column.name, (
    [property('displayName', column.title)] +
    when(own != '', [property('unit', own)]) +
    when(kind == 'timeSeries' && column.type == 'number' && own != unit, onTheRight) +
    when(kind == 'table' && column.name in everywhere, columnProperties(config, everywhere[column.name])) +
    when(column.name in columns, columnProperties(config, columns[column.name]))
  ))
  for column in signal.columns
];

local overrides(config, spec, unit, items) =
  local columns = std.get(spec, 'columns', {});
  local own = [itemProperties(spec, unit, item) for item in items];
  std.flatMap(function(item) when('audit' in item, questionColumns(config, spec.kind, unit, columns, item.signal)), items) +
  [override('byFrameRefID', refIds[i], own[i]) for i in std.range(0, std.length(items) - 1) if own[i] != []] +
  [
    override('byName', name, [property('color', style.fixed(item.signal.colours[name]))])
    for item in items
    for name in std.objectFields(item.signal.colours)
  ] +
  when(!('audit' in items[0]), [override('byName', name, columnProperties(config, columns[name])) for name in std.objectFields(columns)]);

// Several instant queries become one table: joined by their labels, in the order of the spec's columns.
local joined(spec) =
  local names = std.get(spec, 'order', []);
  if names == [] then [] else [
    { id: 'merge', options: {} },
    {
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: { [names[i]]: i for i in std.range(0, std.length(names) - 1) },
        renameByName: {},
        includeByName: {},
      },
    },
  ];

// What the panel's own thresholds are: those of its first item that has some in the panel's unit, or of the alert it names.
local limitedBy(config, spec, unit, items) =
  local own = [item.signal for item in items if item.signal.limits != null && std.get(item, 'unit', item.signal.unit) == unit];
  if own != [] then own[0]
  else if 'alerts' in spec then { limits: config.alerts[spec.alerts[0]].thresholds, bad: 'above' }
  else null;

local draw(config, spec, items) =
  local kind = kinds[spec.kind];
  local first = items[0].signal;
  local unit = std.get(spec, 'unit', std.get(items[0], 'unit', first.unit));
  local alerts = std.set([item.signal.alert for item in items if item.signal.alert != null] + std.get(spec, 'alerts', []));
  local limited = limitedBy(config, spec, unit, items);
  {
    id: spec.id,
    type: kind.type,
    title: std.get(spec, 'title', first.title),
    description: std.get(spec, 'description', first.description),
    datasource: std.get(first, 'datasource', { type: 'prometheus', uid: '${datasource}' }),
    links: [runbook.link(config, alert) for alert in alerts],
    fieldConfig: {
      defaults: {
        unit: unit,
        noValue: std.get(spec, 'noValue', 'No data'),
        color: kind.color,
        thresholds: if limited == null then style.none else kind.thresholds(limited.limits, limited.bad),
        mappings: [],
        custom: kind.custom(spec, limited != null),
        [if 'min' in spec then 'min']: spec.min,
        [if 'max' in spec then 'max']: spec.max,
        [if 'decimals' in spec then 'decimals']: spec.decimals,
      },
      overrides: overrides(config, spec, unit, items),
    },
    options: kind.options(spec, unit),
    targets: [
      items[i].signal.asTarget(
        refIds[i],
        kind.instant,
        std.get({ table: 'table', heatmap: 'heatmap' }, spec.kind, 'time_series'),
        std.get(items[i], 'legend', items[i].signal.legend)
      )
      for i in std.range(0, std.length(items) - 1)
    ],
    transformations: joined(spec),
  };

local alertList(config, spec) = {
  id: spec.id,
  type: 'alertlist',
  title: spec.title,
  description: spec.description,
  options: kinds.alertList.options(spec, ''),
};

{
  refIds:: refIds,
  kinds:: std.objectFields(kinds),
  height(kind):: kinds[kind].height,

  // spec: plain data as lib/dashboard.libsonnet describes it; items: [{ signal, legend?, colour?, unit?, draw? }].
  new(config, spec, items):: if spec.kind == 'alertList' then alertList(config, spec) else draw(config, spec, items),

  one(config, kind, signal):: self.new(config, { id: 1, kind: kind }, [{ signal: signal }]),
}
