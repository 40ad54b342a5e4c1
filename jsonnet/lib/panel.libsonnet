// The kinds of panel. A panel is put together from its spec (plain data) and from its items, the signals
// and audit questions it shows; what a kind adds is only how Grafana is to draw it.
local kinds = import 'kinds.libsonnet';
local runbook = import 'runbook.libsonnet';
local style = import 'style.libsonnet';

local refIds = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

local override(matcher, name, properties) = {
  matcher: { id: matcher, options: name },
  properties: [
    { id: key, value: properties[key] }
    for key in std.objectFields(properties)
  ],
};

// What distinguishes one item from the panel's defaults, for the series of its query.
local itemProperties(config, kind, spec, unit, item) =
  local signal = item.signal;
  local colour = std.get(item, 'colour', signal.colour);
  local own = std.get(item, 'unit', signal.unit);
  (if own != unit then { unit: own } else {}) +
  (if own != unit && kind == 'timeSeries' then { 'custom.axisPlacement': 'right', max: null } else {}) +
  (if kind == 'timeSeries' && colour != null then { color: style.fixed(colour) } else {}) +
  (if kind == 'timeSeries' && std.objectHas(item, 'draw')
   then { ['custom.' + key]: kinds.drawn(item.draw)[key] for key in ['drawStyle', 'fillOpacity', 'lineWidth'] }
   else {}) +
  (if kind == 'timeSeries' && std.get(item, 'stack', true) == false then { 'custom.stacking': { mode: 'none', group: 'A' } } else {}) +
  (if kind != 'timeSeries' && signal.mappings != [] then { mappings: style.mappings(signal.mappings) } else {}) +
  (if kind != 'timeSeries' && signal.complete != null then { thresholds: style.complete(signal.complete) } else {}) +
  (if kind != 'timeSeries' && colour != null && signal.alert == null && signal.mappings == []
   then { color: style.fixed(colour) } else {});

// Column settings that a spec gives by field name: title, unit, width, hidden, link, mappings.
local columnProperties(column) =
  (if std.objectHas(column, 'title') then { displayName: column.title } else {}) +
  (if std.objectHas(column, 'unit') then { unit: column.unit } else {}) +
  (if std.objectHas(column, 'decimals') then { decimals: column.decimals } else {}) +
  (if std.objectHas(column, 'width') then { 'custom.width': column.width } else {}) +
  (if std.get(column, 'hidden', false) then { 'custom.hidden': true } else {}) +
  (if std.objectHas(column, 'link') then { links: [{ targetBlank: false } + column.link] } else {}) +
  (if std.objectHas(column, 'values') then {
     mappings: style.mappings(column.values),
     'custom.cellOptions': { type: 'color-text' },
   } else {}) +
  (if std.get(column, 'bar', false) then {
     'custom.cellOptions': { type: 'gauge', mode: 'basic', valueDisplayMode: 'text' },
     color: style.fixed('blue'),
     min: 0,
   } else {});

local questionColumns(spec, item) =
  local extra = std.get(spec, 'columns', {});
  [
    override('byName', column.name, columnProperties(
      { title: column.title } +
      (if item.signal.unitOf(column) == '' then {} else { unit: item.signal.unitOf(column) }) +
      std.get(extra, column.name, {})
    ))
    for column in item.signal.columns
    if column.title != column.name || column.unit != '' || std.objectHas(extra, column.name)
  ];

local overrides(config, kind, spec, unit, items) =
  local isQuestion(item) = std.objectHasAll(item.signal, 'columns');
  local extra = std.get(spec, 'columns', {});
  local own = [itemProperties(config, kind, spec, unit, item) for item in items];
  [
    override('byFrameRefID', refIds[i], own[i])
    for i in std.range(0, std.length(items) - 1)
    if own[i] != {} && !isQuestion(items[i])
  ] +
  [
    override('byName', name, { color: style.fixed(item.signal.colours[name]) })
    for item in items
    for name in std.objectFields(item.signal.colours)
  ] +
  std.flatMap(function(item) if isQuestion(item) then questionColumns(spec, item) else [], items) +
  (if std.length([item for item in items if isQuestion(item)]) > 0 then [] else [
     override('byName', name, columnProperties(extra[name]))
     for name in std.objectFields(extra)
   ]);

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

local noValue(spec) = std.get(spec, 'noValue', 'No data');

local draw(config, spec, items) =
  local kind = kinds[spec.kind];
  local first = items[0].signal;
  local unit = std.get(spec, 'unit', std.get(items[0], 'unit', first.unit));
  local alerted = [item.signal for item in items if item.signal.alert != null];
  local thresholds = if alerted == [] then null else std.get(config.alerts[alerted[0].alert], 'thresholds');
  {
    id: spec.id,
    type: kind.type,
    title: std.get(spec, 'title', first.title),
    description: std.get(spec, 'description', first.description),
    datasource: std.get(first, 'datasource', { type: 'prometheus', uid: '${datasource}' }),
    links: [runbook.link(config, alert) for alert in std.set([signal.alert for signal in alerted])],
    fieldConfig: {
      defaults: {
        unit: unit,
        noValue: noValue(spec),
        color: kind.color,
        thresholds: if thresholds == null then style.none else kind.thresholds(thresholds, alerted[0].bad),
        mappings: [],
        custom: kind.custom(spec, thresholds != null),
      } + { [key]: spec[key] for key in ['min', 'max', 'decimals'] if std.objectHas(spec, key) },
      overrides: overrides(config, spec.kind, spec, unit, items),
    },
    options: kind.options({ unit: unit } + spec),
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
  options: kinds.alertList.options(spec),
};

{
  refIds:: refIds,
  kinds:: std.objectFields(kinds),
  height(kind):: kinds[kind].height,

  // spec: plain data as lib/dashboard.libsonnet describes it; items: [{ signal, legend?, colour?, unit?, draw? }].
  new(config, spec, items):: if spec.kind == 'alertList' then alertList(config, spec) else draw(config, spec, items),

  one(config, kind, signal):: self.new(config, { id: 1, kind: kind }, [{ signal: signal }]),
}
