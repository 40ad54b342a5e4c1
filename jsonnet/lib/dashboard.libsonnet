// A dashboard from its spec, which is plain data, so that JSON from elsewhere draws the same panels:
//   { title, description, sections: [{ title, panels: [panel] }] }
//   panel: { id, kind, width, show: [item] } and, where the first item's own words do not fit,
//     title, description, unit, min, max, decimals, noValue, height; what a kind understands: draw, stack, legend,
//     calcs, sortBy, columns, order, textMode ... (lib/kinds.libsonnet, lib/panel.libsonnet)
//   item: 'subject.signal' | { signal | audit | promql, legend, colour, unit, draw }
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

function(config, catalogue)
  local registry = signals(config);
  local shared = {
    links: links(config),
    annotations: annotations.list(config),
    targets: g.variable.prometheus(config),
    noTargets: g.variable.prometheus(config, targets=false),
    audit: g.variable.audit(),
    tenant: g.variable.tenant(catalogue),
  };
  {

    // -> { dashboard: Grafana's classic model, leftOut: [{ dashboard, panel, signal, why }] }
    fromSpec(uid, spec)::
      local panels = [
        { section: section, spec: panel, items: [item(config, catalogue, registry, data) for data in std.get(panel, 'show', [])] }
        for section in spec.sections
        for panel in section.panels
      ];
      local usable(panel) = [entry for entry in panel.items if entry.signal.available];
      local kept = [panel { items: usable(panel) } for panel in panels if panel.spec.kind == 'alertList' || usable(panel) != []];
      local ids = [panel.spec.id for panel in panels];
      local audited = [entry.signal for panel in kept for entry in panel.items if std.objectHas(entry, 'audit')];
      local asksTargets = annotations.askTargets(config) ||
                          std.length([null for panel in kept for entry in panel.items if !('audit' in entry)]) > 0;
      assert std.length(std.set(ids)) == std.length(ids) : spec.title + ': two panels have the same id.';
      {
        leftOut: [
          { dashboard: uid, panel: std.get(panel.spec, 'title', panel.items[0].signal.title), signal: entry.signal.name, why: entry.signal.why }
          for panel in panels
          for entry in panel.items
          if !entry.signal.available
        ],
        dashboard: {
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
          templating: {
            list:
              (if asksTargets then shared.targets else shared.noTargets) +
              (if audited == [] then [] else shared.audit) +
              (if [signal for signal in audited if signal.scopedByTenant] == [] then [] else shared.tenant),
          },
          annotations: { list: shared.annotations },
          panels: g.layout.place([
            {
              title: section.title,
              panels: [
                {
                  panel: g.panel.new(config, panel.spec, panel.items),
                  width: panel.spec.width,
                  height: std.get(panel.spec, 'height', g.panel.height(panel.spec.kind)),
                }
                for panel in kept
                if panel.section.title == section.title
              ],
            }
            for section in spec.sections
          ]),
        },
      },
  }
