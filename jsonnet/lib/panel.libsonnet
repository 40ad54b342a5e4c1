// The kinds of panel. A panel is put together from its spec (plain data) and from its items, the signals
// and audit questions it shows; what a kind adds is only how Grafana is to draw it.
local duration = import 'duration.libsonnet';
local kinds = import 'kinds.libsonnet';
local overridesFor = import 'overrides.libsonnet';
local runbook = import 'runbook.libsonnet';
local style = import 'style.libsonnet';

local refIds = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

// Of a question's columns only some.
local chosen(spec) =
  if !('only' in spec) then [] else [{ id: 'filterFieldsByName', options: { include: { names: spec.only } } }];

// Several instant queries become one table: joined by their labels, in the order of the spec's columns.
local joined(spec) =
  if !('order' in spec) then [] else [
    { id: 'merge', options: {} },
    {
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: { [spec.order[i]]: i for i in std.range(0, std.length(spec.order) - 1) },
        renameByName: {},
        includeByName: {},
      },
    },
  ];

// The columns of questions in their own order, where the data source does not keep it.
local inOrder(items) =
  local questions = [item.signal for item in items if 'audit' in item];
  if questions == [] then [] else questions[0].ordered(questions);

// The shortest point of a question that is asked over intervals, in a panel that draws none.
local intervals(items) = [item.signal.interval for item in items if 'audit' in item && item.signal.interval != null];

// What the panel's own thresholds are: those of its first item that has some in the panel's unit, or of the alert it names.
local limitedBy(config, spec, unit, items) =
  local own = [item.signal for item in items if item.signal.limits != null && std.get(item, 'unit', item.signal.unit) == unit];
  if own != [] then own[0]
  else if 'alerts' in spec then { limits: config.alerts[spec.alerts[0]].thresholds, bad: 'above' }
  else null;

local draw(config, overrides, spec, items) =
  local kind = kinds[spec.kind];
  local first = items[0].signal;
  local unit = std.get(spec, 'unit', if spec.kind == 'table' then 'string' else std.get(items[0], 'unit', first.unit));
  local alerts = std.set([item.signal.alert for item in items if item.signal.alert != null] + std.get(spec, 'alerts', []));
  local limited = limitedBy(config, spec, unit, items);
  local shortest = intervals(items);
  local transformations = chosen(spec) + joined(spec) + inOrder(items);
  {
    id: spec.id,
    type: kind.type,
    title: std.get(spec, 'title', first.title),
    description: std.get(spec, 'description', first.description),
    datasource: std.get(first, 'datasource', { type: 'prometheus', uid: '${datasource}' }),
    [if !kind.instant || shortest != [] then 'interval']:
      if kind.instant then shortest[0] else duration.text(config, config.dashboards.interval),
    [if alerts != [] then 'links']: [runbook.link(config, alert) for alert in alerts],
    fieldConfig: {
      defaults: {
        unit: unit,
        noValue: std.get(kind, 'noValue', std.get(spec, 'noValue', 'No data')),
        color: kind.color,
        thresholds: if limited == null then style.none else kind.thresholds(limited.limits, limited.bad),
        custom: kind.custom(spec, limited != null),
        [if 'min' in spec then 'min']: spec.min,
        [if 'max' in spec then 'max']: spec.max,
        [if 'decimals' in spec then 'decimals']: spec.decimals,
      },
      overrides: overrides(refIds, spec, unit, items),
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
    [if transformations != [] then 'transformations']: transformations,
  };

local alertList(spec) = {
  id: spec.id,
  type: 'alertlist',
  title: spec.title,
  description: spec.description,
  options: kinds.alertList.options(spec, ''),
};

function(config)
  local overrides = overridesFor(config);
  {
    height(kind):: kinds[kind].height,

    // spec: plain data as lib/dashboard.libsonnet describes it; items: [{ signal, legend?, colour?, unit?, draw? }].
    new(spec, items):: if spec.kind == 'alertList' then alertList(spec) else draw(config, overrides, spec, items),

    // A panel of one signal.
    one(kind, signal):: self.new({ id: 1, kind: kind }, [{ signal: signal }]),
  }
