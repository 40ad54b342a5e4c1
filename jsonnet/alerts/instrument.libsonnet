// Whether the monitoring itself can be trusted.
local alert = import '../lib/alert.libsonnet';

function(config, signals)
  local v1 = config.flavour == 'v1';
  alert.group(config, 'monitoring', [
    alert.new('InstrumentDegraded', 'operations', 'The instrument misses a part of what happens.') {
      expression(at):: if !v1 then null else
        at.q.sumIncrease('fraiseql_instrument_errors_total', ['hook']) + ' > ' + at.threshold +
        ' or ' + at.q.aggregate('min', 'max_over_time(' + at.q.range('fraiseql_instrument_hook_active') + ')', ['hook']) + ' == 0',
      description(at):: 'The hook {{ $labels.hook }} of the instrument in ' + at.job + ' fails or is not active: panels and alerts that rest on it show less than the truth.',
    },

    alert.new('FakeMetrics', 'operations', 'The application serves made-up metrics.') {
      // Without prometheus-client, FraiseQL answers /metrics with a fixed text: one query, unlabelled, and nothing else.
      expression(at):: if !v1 then null else
        local q = at.q.each([config.instanceLabel]);
        q.aggregate('group', q.series('fraiseql_graphql_queries_total', 'operation_type=""')) +
        ' unless ' + q.aggregate('group', q.series('fraiseql_http_requests_total')),
      description(at):: at.instance + ' serves the fixed text that FraiseQL shows when the package prometheus-client is missing: none of its numbers are real.',
    },

    alert.new('Watchdog', 'operations', 'Always firing, so that its absence is noticed.') {
      expression(at):: 'vector(1)',
      description(at):: "This alert always fires (value {{ $value }}). Send it to a dead man's switch: when it stops arriving, Prometheus, Alertmanager or the path between them is broken.",
      variables(config):: [],
    },
  ])
