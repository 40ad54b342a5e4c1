// Where a query, a series or a column differs from its panel, as Grafana's field overrides; a later one wins.
local kinds = import 'kinds.libsonnet';
local style = import 'style.libsonnet';

local override(matcher, name, properties) = { matcher: { id: matcher, options: name }, properties: properties };
local property(id, value) = { id: id, value: value };
local when(condition, properties) = if condition then properties else [];

// How a series is drawn differently from its panel: 'line', 'area' or 'bars'.
local drawing(draw) = [
  property('custom.drawStyle', kinds.drawn(draw).drawStyle),
  property('custom.fillOpacity', kinds.drawn(draw).fillOpacity),
  property('custom.lineWidth', kinds.drawn(draw).lineWidth),
];

// A unit of its own needs an axis of its own, on which the panel's thresholds would lie.
local onTheRight = [property('custom.axisPlacement', 'right')];
local unlimited = [property('custom.thresholdsStyle', { mode: 'off' })];

// What distinguishes the series of one query from the panel's defaults.
local itemProperties(spec, unit, item) =
  local signal = item.signal;
  local kind = kinds[spec.kind];
  local isGraph = spec.kind == 'timeSeries';
  local isQuestion = 'audit' in item;
  local own = std.get(item, 'unit', signal.unit);
  local colour = std.get(item, 'colour', signal.colour);
  when(isQuestion && 'legend' in item, [property('displayName', item.legend)]) +
  when('decimals' in item, [property('decimals', item.decimals)]) +
  when(!isQuestion && own != unit, [property('unit', own)] + when(isGraph, onTheRight)) +
  if isGraph then
    when(colour != null, [property('color', style.fixed(colour))]) +
    when(std.get(item, 'axis', 'left') == 'right', onTheRight) +
    when('draw' in item, drawing(item.draw)) +
    when('stack' in item, [property('custom.stacking', { mode: 'none', group: 'A' })]) +
    if isQuestion || own == unit then []
    else if signal.limits == null then unlimited
    else [
      property('custom.thresholdsStyle', { mode: 'dashed' }),
      property('thresholds', kind.thresholds(signal.limits, signal.bad)),
    ]
  else if signal.mappings != [] then
    [property('mappings', style.mappings(signal.mappings)), property('thresholds', style.complete(signal.complete))]
  else if signal.limits != null then
    [property('thresholds', kind.thresholds(signal.limits, signal.bad))]
  else when(colour != null, [property('color', style.fixed(colour))]);

// Titles and units from the catalogue; in tables also how such columns always look.
local plainColumn(columns, signal, column) =
  local unit = signal.unitOf(column);
  {
    matcher: { id: 'byName', options: column.name },
    properties:
      [{ id: 'displayName', value: column.title }] +
      (if unit == '' then [] else [{ id: 'unit', value: unit }]) +
      columns.of(column, null),
  };

// The same with what the spec says, and outside tables. Where every row is a bar of its own, the row's text names it
// and the column must not.
local ownColumn(columns, spec, panelUnit, signal, column, own) =
  local unit = signal.unitOf(column);
  local name = if column.name == 'value' && signal.seriesName != null then signal.seriesName else column.title;
  override('byName', column.name, (
    when(!('everyRow' in spec) && !('title' in own), [property('displayName', name)]) +
    when(unit != '' && !('unit' in own), [property('unit', unit)]) +
    when(spec.kind == 'timeSeries' && column.type == 'number' && unit != panelUnit, onTheRight) +
    if spec.kind == 'table' then columns.of(column, own) else columns.given(own)
  ));

local questionColumns(columns, spec, unit, signal) =
  local own = std.get(spec, 'columns', {});
  local shown = if 'only' in spec then [column for column in signal.columns if std.member(spec.only, column.name)] else signal.columns;
  [
    if spec.kind == 'table' && !(column.name in own) then plainColumn(columns, signal, column)
    else ownColumn(columns, spec, unit, signal, column, std.get(own, column.name, {}))
    for column in shown
  ];

function(config)
  local columns = (import 'columns.libsonnet')(config);
  function(refIds, spec, unit, items)
    local given = std.get(spec, 'columns', {});
    local own = [itemProperties(spec, unit, item) for item in items];
    std.flatMap(function(item) when('audit' in item, questionColumns(columns, spec, unit, item.signal)), items) +
    [override('byFrameRefID', refIds[i], own[i]) for i in std.range(0, std.length(items) - 1) if own[i] != []] +
    [
      override('byName', name, [property('color', style.fixed(item.signal.colours[name]))])
      for item in items
      for name in std.objectFields(item.signal.colours)
    ] +
    when(!('audit' in items[0]), [override('byName', name, columns.given(given[name])) for name in std.objectFields(given)])
