// A signal is data that renders itself: as the target of a panel, as a panel, as a rule's expression.
//   title, description   what it shows, and what to do when it looks bad
//   unit, legend         Grafana's unit id; the legend may name labels
//   v1(q), v2(q)         the PromQL per flavour, asked through a query context (lib/query.libsonnet)
//   application          false where other series than the application's are asked, which its variables do not choose
//   absent               per flavour that cannot give it: why
//   alert, bad           the alert whose thresholds a panel draws; bad: 'below' when low values are
//   limits               thresholds by severity where no alert has them
//   colour, colours      of the series; per label value where several series come
//   mappings             texts for values, as lib/style.libsonnet takes them
//   complete             the value from which on all is well; anything less is not
local defaults = {
  legend: '',
  alert: null,
  bad: 'above',
  colour: null,
  colours: {},
  mappings: [],
  complete: null,
  application: true,
  absent: {},
};

// `q` is the query context of dashboards.
function(config, q, name, data) defaults + data + {
  local signal = self,
  name:: name,
  limits:
    if 'limits' in data then data.limits
    else if signal.alert == null then null
    else std.get(config.alerts[signal.alert], 'thresholds'),
  available:: std.objectHasAll(signal, config.flavour),
  why:: std.get(signal.absent, config.flavour, 'no expression for flavour ' + config.flavour),

  expression(q)::
    if signal.available then signal[config.flavour](q)
    else error name + ' has no value on flavour ' + config.flavour + ': ' + signal.why,

  // A rule's expression, grouped by the configured labels over a fixed window.
  asRule(q):: signal.expression(q),

  asTarget(refId, instant=false, format='time_series', legend=signal.legend):: {
    refId: refId,
    datasource: { type: 'prometheus', uid: '${datasource}' },
    editorMode: 'code',
    expr: signal.expression(q),
    legendFormat: legend,
    instant: instant,
    range: !instant,
    format: format,
  },

  // The panels of one signal, for those who build dashboards of their own.
  local panel(kind) = (import 'panel.libsonnet')(config).one(kind, signal),
  asTimeSeries():: panel('timeSeries'),
  asStat():: panel('stat'),
  asGauge():: panel('gauge'),
  asBarGauge():: panel('barGauge'),
  asTable():: panel('table'),
  asHeatmap():: panel('heatmap'),
}
