// What we promise: the share of operations without a fault of ours, and the share that is fast enough.
local record = import '../lib/record.libsonnet';

function(config)
  local budget(metric) = function(q) q.min(record.plainName(config, metric, 'ratio'));
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
      legend: 'availability',
      v1:: budget('fraiseql_graphql_error_budget_remaining'),
      v2:: budget('fraiseql_graphql_error_budget_remaining'),
    },
    latencyBudget: {
      title: 'Latency budget left',
      description: 'What is left of the slow operations the objective allows in its period.',
      unit: 'percentunit',
      legend: 'latency',
      v1:: budget('fraiseql_graphql_latency_budget_remaining'),
      v2:: budget('fraiseql_graphql_latency_budget_remaining'),
    },
  }
