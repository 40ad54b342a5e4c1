// One alert is data: what it asks, what it says, which dashboard shows it. Its switch, thresholds and times come from
// `_config.alerts`; each configured severity becomes one rule, so that a critical alert can mute its own warning.
local duration = import 'duration.libsonnet';
local number = import 'number.libsonnet';
local query = import 'query.libsonnet';
local runbook = import 'runbook.libsonnet';

local label(name) = '{{ $labels.' + name + ' }}';

// '', or ' in cluster eu, namespace shop'.
local places(config) =
  local scopes = [scope + ' ' + label(scope) for scope in config.scopeLabels];
  if scopes == [] then '' else ' in ' + std.join(', ', scopes);

// Which of the watched things this is about: 'fraiseql in cluster eu'.
local who(config, subject) = label(subject) + places(config);

// A share as text: 0.05 -> '5%'.
local percent(share) = number(std.floor(share * 10000 + 0.5) / 100) + '%';

// What an alert's texts and expressions may ask about the rule they stand in.
local context(config, settings, severity, threshold) = {
  config:: config,
  settings:: settings,
  severity:: severity,
  // The threshold as PromQL, and as a share in words.
  threshold:: number(threshold),
  percent:: percent(threshold),
  // The window as text, and the query context over it.
  window:: duration.window(config, settings.window),
  q:: query.rule(config, settings.window),
  job:: who(config, 'job'),
  instance:: label(config.instanceLabel) + ' (' + who(config, 'job') + ')',
  machine:: who(config, config.instanceLabel),
};

// The settings' severities with their thresholds; an alert without a number has one severity.
local severities(settings) =
  if std.objectHas(settings, 'thresholds')
  then [
    { severity: severity, threshold: settings.thresholds[severity] }
    for severity in std.objectFields(settings.thresholds)
    if settings.thresholds[severity] != null
  ]
  else [{ severity: settings.severity, threshold: 0 }];

local time(config, settings, key, name) =
  if std.objectHas(settings, key) && settings[key] != null && settings[key] != 0
  then { [name]: duration.text(config, settings[key]) }
  else {};

// The dashboard, opened on what the alert is about.
local dashboardUrl(config, dashboard, labels) =
  local variables = ['var-' + name + '={{ $labels.' + name + ' | urlquery }}' for name in labels];
  config.grafanaUrl + '/d/' + config.dashboards[dashboard].uid + (if variables == [] then '' else '?' + std.join('&', variables));

// One rule. `spec` is {name, dashboard, summary, description(at), expression(at), variables(config)}: `at` is the context
// above, and a null expression means that the flavour has no such signal.
local rule(config, spec, severity, times, at, labels={}) = {
  alert: 'FraiseQL' + spec.name,
  expr: spec.expression(at),
  labels: config.alertLabels + labels { severity: severity },
  annotations: config.alertAnnotations {
    summary: spec.summary,
    description: spec.description(at),
    runbook_url: runbook.url(config, spec.name),
  } + (
    if config.grafanaUrl == '' then {}
    else { dashboard_url: dashboardUrl(config, spec.dashboard, spec.variables(config)) }
  ),
} + time(config, times, 'for', 'for') + time(config, times, 'keepFiringFor', 'keep_firing_for');

local rules(config, spec) =
  local settings = config.alerts[spec.name];
  local defaulted = { window: 60 } + settings;
  [
    rule(config, spec, each.severity, settings, context(config, defaulted, each.severity, each.threshold))
    for each in severities(settings)
  ];

// A subquery looks as often as Prometheus scrapes.
local step(at) = duration.text(at.config, at.config.scrapeInterval);
local lookedBack(at, expression, window) = '(' + expression + ')[' + window + ':' + step(at) + ']';

// The dashboards' variables that an alert's labels can fill.
local variables(config) = config.groupLabels;

{
  percent:: percent,
  rule:: rule,
  context:: context,
  step:: step,

  // An alert from its data; `dashboard` is the one to look at first.
  new(name, dashboard, summary):: {
    name:: name,
    dashboard:: dashboard,
    summary:: summary,
    variables(config):: variables(config),
    expression(at):: error 'alert ' + name + ' has no expression',
    description(at):: error 'alert ' + name + ' has no description',
    rules(config):: rules(config, self),
  },

  // The exporters' jobs are not the application's: their alerts open the dashboard on the scope alone.
  ofExporter:: { variables(config):: config.scopeLabels },

  // The highest or lowest that a gauge showed within the window, so that a lost scrape neither fires the alert nor ends it.
  highest(at, expression, window=at.window, ago=''):: 'max_over_time(' + lookedBack(at, expression, window) + ago + ')',
  lowest(at, expression):: 'min_over_time(' + lookedBack(at, expression, at.window) + ')',

  // The expression made from a signal, or none where the flavour has no such signal.
  given(signal, q, expression):: if signal.available then expression(signal.asRule(q)) else null,

  // Quiet services: a share of a handful says nothing.
  andTraffic(at, condition, traffic):: condition + ' and ' + traffic + ' > ' + number(at.config.minimumTraffic),

  // The rules of the alerts that are switched on and that the flavour can give, as one group.
  group(config, name, specs):: {
    local present = [
      rule
      for spec in specs
      if config.alerts[spec.name].enabled
      for rule in spec.rules(config)
      if rule.expr != null
    ],
    name: 'fraiseql-' + name,
    interval: duration.text(config, config.evaluationInterval),
    rules: present,
  },
}
