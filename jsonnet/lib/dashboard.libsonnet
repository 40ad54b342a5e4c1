// A dashboard from its spec, which is plain data, so that JSON from elsewhere draws the same panels:
//   { title, description, sections: [{ title, panels: [panel] }] }
//   panel: { id, kind, width, show: [item] } and, where the first item's own words do not fit,
//     title, description, unit, min, max, decimals, noValue, height; what a kind understands: draw, stack, legend,
//     calcs, sortBy, columns, order, textMode ... (lib/kinds.libsonnet, lib/panel.libsonnet)
//   item: 'subject.signal' | { signal | audit | promql, legend, colour, unit, decimals, draw, stack, axis }
// ids are given, not counted: links to a panel outlive a change of order.
local g = import '../g.libsonnet';
local signals = import '../signals/signals.libsonnet';
local annotations = import 'annotations.libsonnet';
local audit = import 'audit.libsonnet';
local duration = import 'duration.libsonnet';
local signal = import 'signal.libsonnet';

local plainDuration(seconds) = duration.text({ timeScale: 1 }, seconds);

local find(config, registry, name) =
  local parts = std.split(name, '.');
  if std.length(parts) == 2 && std.objectHas(registry, parts[0]) && std.objectHas(registry[parts[0]], parts[1])
  then registry[parts[0]][parts[1]]
  else error 'There is no signal "' + name + '".';

local item(config, catalogue, registry, data) =
  local entry = if std.isString(data) then { signal: data } else data;
  if std.objectHas(entry, 'audit') then entry { signal: audit(config, catalogue, entry.audit) }
  else if std.objectHas(entry, 'promql') then entry {
    signal: signal(config, null, 'promql', { title: '', description: '', unit: 'short' } + entry {
      v1(q):: entry.promql,
      v2(q):: entry.promql,
    }),
  }
  else entry { signal: find(config, registry, entry.signal) };

local links(config) =
  if !config.dashboards.links then [] else [{
    type: 'dashboards',
    title: 'FraiseQL',
    tags: [config.dashboards.tags[0]],
    asDropdown: false,
    includeVars: true,
    keepTime: true,
    targetBlank: false,
    icon: 'external link',
    tooltip: '',
    url: '',
  }];

local allItems(panels) = std.flatMap(function(panel) panel.items, panels);

// Whether anything here is the application's, so that its deploys matter.
local isAboutApplication(panels) = std.length([null for entry in allItems(panels) if 'audit' in entry || entry.signal.application]) > 0;

// The variables that the panels ask, and out of sight those that only the annotations ask.
local variables(shared, panels) =
  local items = allItems(panels);
  local questions = [entry.signal for entry in items if 'audit' in entry];
  local byTenant = std.length([null for question in questions if question.scopedByTenant]) > 0;
  local asksSeries = std.length([null for entry in items if !('audit' in entry) && entry.signal.application]) > 0;
  g.variable.prometheus() +
  (if asksSeries then shared.targets else []) +
  (if std.length(questions) > 0 then shared.audit else []) +
  (if byTenant then shared.tenant else []) +
  (if asksSeries then [] else if isAboutApplication(panels) then shared.hiddenTargets else shared.scopes);

// What is the same on every dashboard.
local sharedBy(config, catalogue) =
  local labels = config.scopeLabels + ['job', config.instanceLabel];
  {
    links: links(config),
    annotations: annotations.list(config),
    annotationsOfAlerts: annotations.ofAlerts(config),
    targets: g.variable.targets(config, labels),
    scopes: g.variable.targets(config, config.scopeLabels),
    hiddenTargets: g.variable.targets(config, if annotations.askTargets(config) then labels else config.scopeLabels, shown=false),
    audit: g.variable.audit(config),
    tenant: g.variable.tenant(config, catalogue),
  };

local sized(library, panel) = {
  panel: library.new(panel.spec, panel.items),
  width: panel.spec.width,
  height: std.get(panel.spec, 'height', library.height(panel.spec.kind)),
};

local model(config, shared, library, uid, spec, panels) = {
  uid: uid,
  title: spec.title,
  description: spec.description,
  tags: config.dashboards.tags,
  editable: false,
  schemaVersion: 42,
  graphTooltip: 1,
  timezone: config.dashboards.timezone,
  refresh: plainDuration(config.dashboards.refresh),
  time: { from: 'now-' + duration.text(config, config.dashboards.from), to: 'now' },
  timepicker: {},
  fiscalYearStartMonth: 0,
  weekStart: '',
  links: shared.links,
  templating: { list: variables(shared, panels) },
  annotations: { list: if isAboutApplication(panels) then shared.annotations else shared.annotationsOfAlerts },
  panels: g.layout.place([
    { title: section.title, panels: [sized(library, panel) for panel in panels if panel.section == section.title] }
    for section in spec.sections
  ]),
};

function(config, catalogue)
  local registry = signals(config);
  local library = g.panel(config);
  local shared = sharedBy(config, catalogue);
  {
    // -> { dashboard: Grafana's classic model, leftOut: [{ dashboard, panel, signal, why }] }
    fromSpec(uid, spec)::
      local panels = [
        {
          section: section.title,
          spec: panel,
          wanted: [item(config, catalogue, registry, data) for data in std.get(panel, 'show', [])],
          items: [entry for entry in self.wanted if entry.signal.available],
        }
        for section in spec.sections
        for panel in section.panels
      ];
      local ids = [panel.spec.id for panel in panels];
      assert std.length(std.set(ids)) == std.length(ids) : spec.title + ': two panels have the same id.';
      {
        leftOut: [
          {
            dashboard: uid,
            panel: std.get(panel.spec, 'title', panel.wanted[0].signal.title),
            signal: entry.signal.name,
            why: entry.signal.why,
          }
          for panel in panels
          for entry in panel.wanted
          if !entry.signal.available
        ],
        dashboard: model(config, shared, library, uid, spec, [
          panel
          for panel in panels
          if panel.spec.kind == 'alertList' || panel.items != []
        ]),
      },
  }
