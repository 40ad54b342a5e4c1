// The service level objectives: several windows, several burn rates. Both windows of a pair must burn: the long one shows
// that it matters, the short one that it still goes on.
local alert = import '../lib/alert.libsonnet';
local duration = import '../lib/duration.libsonnet';
local number = import '../lib/number.libsonnet';
local slo = import '../rules/slo.libsonnet';

// One pair of windows of one objective.
local pair(config, spec, objective, ratio, window) =
  local text(seconds) = duration.window(config, seconds);
  local limit = ' > ' + number(window.factor) + ' * (1 - ' + number(objective) + ')';
  alert.rule(
    config,
    spec {
      expression(at):: ratio(window.long) + limit + ' and ' + ratio(window.short) + limit +
                       ' and ' + slo.operations(config, window.long) + ' > ' + number(config.minimumTraffic),
      description(at):: '{{ $value | humanizePercentage }} of the GraphQL operations of ' + at.job + ' ' + spec.verb + ' in the last ' + text(window.long) +
                        ', and it goes on: the budget of the ' + alert.percent(objective) + ' objective burns at more than ' + number(window.factor) + ' times the sustainable rate.',
    },
    window.severity,
    window,
    alert.context(config, { window: window.long }, window.severity, 0),
    { long: text(window.long), short: text(window.short) },
  );

local burn(name, dashboard, summary, verb) = alert.new(name, dashboard, summary) { verb:: verb };

local pairs(config, spec, objective, ratio) =
  spec { rules(config):: [pair(config, spec, objective, ratio, window) for window in config.slo.windows] };

function(config, signals) alert.group(config, 'slo', [
  pairs(
    config,
    burn('ErrorBudgetBurn', 'errors', 'The error budget burns too fast.', "failed by the server's fault"),
    config.slo.availability.objective,
    function(seconds) slo.faults(config, seconds),
  ),
  pairs(
    config,
    burn('LatencyBudgetBurn', 'operations', 'The latency budget burns too fast.', 'took longer than ' + number(config.slo.latency.threshold) + 's'),
    config.slo.latency.objective,
    function(seconds) slo.slow(config, seconds),
  ),
])
