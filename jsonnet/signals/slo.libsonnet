// What we promise: the share of operations without a fault of ours, and the share that is fast enough.
local number = import '../lib/number.libsonnet';
local record = import '../lib/record.libsonnet';

function(config)
  local hour = 60 * 60;
  // How many times faster than it lasts the budget burned in the last hour.
  local burn(metric, objective) = function(q)
    q.recorded.min(record.name(config, metric + '_per_operation', 'ratio_rate', hour)) + ' / ' + number(1 - objective);
  local factors = {
    [severity]: std.foldl(std.min, [window.factor for window in config.slo.windows if window.severity == severity], 1000)
    for severity in ['warning', 'critical']
  };
  local budget(metric) = function(q) q.recorded.min(record.plainName(config, metric, 'ratio'));
  {
    // Raw rates, from which the recording rules make ratios over every window.
    serverErrorRate: {
      title: 'Faults',
      description: 'Operations per second that failed through a fault of ours: the database or the application, not the client.',
      unit: 'reqps',
      legend: 'faults',
      v1(q):: q.orZero(q.sumRate('fraiseql_graphql_errors_total', [], 'error_type=~"database|internal"'), q.sumRate('fraiseql_graphql_queries_total')),
      v2(q):: q.sumRate('fraiseql_execution_errors_total'),
    },
    slowRate: {
      title: 'Slow operations',
      description: 'Operations per second that took longer than the latency objective allows.',
      unit: 'reqps',
      legend: 'slow operations',
      v1(q):: q.countRate('fraiseql_graphql_query_duration_seconds') + ' - ' + q.belowRate(config.slo.latency.threshold, 'fraiseql_graphql_query_duration_seconds'),
      v2(q):: q.countRate('fraiseql_query_duration_seconds') + ' - ' + q.belowRate(config.slo.latency.threshold, 'fraiseql_query_duration_seconds'),
    },
    errorBudget: {
      title: 'Error budget left',
      description: 'What is left of the errors the objective allows in its period: 100 % is untouched, 0 % is used up. Below a quarter, prefer repairs to releases; below zero the promise is broken.',
      unit: 'percentunit',
      legend: 'errors',
      limits: { warning: 0.25, critical: 0 },
      bad: 'below',
      v1:: budget('fraiseql_graphql_error_budget_remaining'),
      v2:: budget('fraiseql_graphql_error_budget_remaining'),
    },
    latencyBudget: {
      title: 'Latency budget left',
      description: 'What is left of the slow operations the objective allows in its period.',
      unit: 'percentunit',
      legend: 'latency',
      limits: { warning: 0.25, critical: 0 },
      bad: 'below',
      v1:: budget('fraiseql_graphql_latency_budget_remaining'),
      v2:: budget('fraiseql_graphql_latency_budget_remaining'),
    },
    errorBurn: {
      title: 'Error budget burn',
      description: 'How many times faster than it lasts the error budget burned in the last hour. At 1 it is used up exactly at the end of its period.',
      unit: 'suffix:x',
      legend: 'burn rate, errors',
      limits: factors,
      v1:: burn('fraiseql_graphql_faults', config.slo.availability.objective),
      v2:: burn('fraiseql_graphql_faults', config.slo.availability.objective),
    },
    latencyBurn: {
      title: 'Latency budget burn',
      description: 'How many times faster than it lasts the latency budget burned in the last hour.',
      unit: 'suffix:x',
      legend: 'burn rate, latency',
      limits: factors,
      v1:: burn('fraiseql_graphql_slow_operations', config.slo.latency.objective),
      v2:: burn('fraiseql_graphql_slow_operations', config.slo.latency.objective),
    },
  }
