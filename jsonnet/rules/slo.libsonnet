// The service level objectives as ratios over every window that the burn-rate alerts and the budget panels ask.
local number = import '../lib/number.libsonnet';
local record = import '../lib/record.libsonnet';

// 'of all operations': what counts against an objective, under the names of its records.
local objectives = [
  { metric: 'fraiseql_graphql_faults', signal: 'serverErrorRate', objective(config):: config.slo.availability.objective, budget: 'error' },
  { metric: 'fraiseql_graphql_slow_operations', signal: 'slowRate', objective(config):: config.slo.latency.objective, budget: 'latency' },
];

local base(config, metric) = record.name(config, metric, 'rate');
local ratioName(config, metric, seconds) = record.name(config, metric + '_per_operation', 'ratio_rate', seconds);

// Operations per second over a window, weighing every moment by its traffic.
local over(config, metric, seconds) =
  if seconds == record.short then base(config, metric) else record.over(config, base(config, metric), seconds);

local ratio(config, metric, seconds) =
  over(config, metric, seconds) + ' / (' + over(config, 'fraiseql_graphql_operations', seconds) + ' > 0)';

// Every window that an alert asks, each once, shortest first.
local windows(config) = std.set([record.short] + [
  seconds
  for window in config.slo.windows
  for seconds in [window.long, window.short]
]);

local rules(config, signals) =
  local q = record.query(config);
  [record.rule(base(config, 'fraiseql_graphql_operations'), signals.graphql.operationRate.asRule(q))] +
  std.flatMap(function(each)
    [record.rule(base(config, each.metric), signals.slo[each.signal].asRule(q))] +
    [
      record.rule(ratioName(config, each.metric, seconds), ratio(config, each.metric, seconds))
      for seconds in windows(config)
    ] +
    [record.rule(
      record.plainName(config, 'fraiseql_graphql_' + each.budget + '_budget_remaining', 'ratio'),
      '1 - ' + ratio(config, each.metric, config.slo.period) + ' / (1 - ' + number(each.objective(config)) + ')'
    )], objectives);

{
  operations(config, seconds):: over(config, 'fraiseql_graphql_operations', seconds),
  faults(config, seconds):: ratioName(config, 'fraiseql_graphql_faults', seconds),
  slow(config, seconds):: ratioName(config, 'fraiseql_graphql_slow_operations', seconds),
  group(config, signals):: record.group(config, 'slo-records', rules(config, signals)),
}
