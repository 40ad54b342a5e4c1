// Marks on every graph: a new version of the application, and our alerts while they fire.
local query = import 'query.libsonnet';

local mark(name, colour, expression, title, text, tags) = {
  name: name,
  datasource: { type: 'prometheus', uid: '${datasource}' },
  enable: true,
  hide: false,
  iconColor: colour,
  expr: expression,
  step: '60s',
  titleFormat: title,
  textFormat: text,
  tagKeys: tags,
  useValueForTime: false,
};

// A version that was not there shortly before; a restart of the same version is none.
local deploys(config) =
  local q = query.dashboard(config);
  local running(offset) = q.aggregate('count', q.series('fraiseql_build_info') + offset, ['job', 'version']);
  mark('Deploys', 'blue', running('') + ' unless ' + running(' offset 5m'), 'Deploy', '{{job}} now runs {{version}}', 'job,version');

local alerts(config) =
  local scope = [label + '=~"$' + label + '"' for label in config.scopeLabels];
  local where = query.matchers(['alertname=~"FraiseQL.+"', 'alertstate="firing"', 'severity=~"warning|critical"'] + scope);
  mark('Alerts', 'red', 'ALERTS{' + where + '}', '{{alertname}}', '{{severity}}: {{alertname}}', 'alertname,severity');

{
  // Whether a mark asks the application's series, and so needs their variables.
  askTargets(config):: config.dashboards.annotations.deploys && config.flavour == 'v1',

  ofAlerts(config):: if config.dashboards.annotations.alerts then [alerts(config)] else [],

  list(config):: (if self.askTargets(config) then [deploys(config)] else []) + self.ofAlerts(config),
}
