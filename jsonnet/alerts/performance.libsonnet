// How well the application answers: errors, latency, slow queries, cache hits.
local alert = import '../lib/alert.libsonnet';

function(config, signals) alert.group(config, 'performance', [
  alert.new('HighErrorRate', 'errors', 'Too many GraphQL operations fail.') {
    expression(at):: alert.given(signals.graphql.errorRatio, at.q, function(ratio)
      alert.andTraffic(at, ratio + ' > ' + at.threshold, signals.graphql.operationRate.asRule(at.q))),
    description(at):: '{{ $value | humanizePercentage }} of the GraphQL operations of ' + at.job + ' failed in the last ' + at.window +
                      ' (threshold ' + at.percent + ').',
  },

  alert.new('HighLatency', 'operations', 'GraphQL operations are slow.') {
    expression(at):: alert.given(signals.graphql.latencyP99, at.q, function(latency)
      alert.andTraffic(at, latency + ' > ' + at.threshold, signals.graphql.operationRate.asRule(at.q))),
    description(at):: 'One in a hundred GraphQL operations of ' + at.job + ' takes {{ $value | humanizeDuration }} or longer (P99 over the last ' + at.window +
                      ', threshold ' + at.threshold + 's).',
  },

  alert.new('SlowQueryRate', 'database', 'Too many database queries are slow.') {
    expression(at):: alert.given(signals.database.slowQueryRatio, at.q, function(ratio)
      alert.andTraffic(at, ratio + ' > ' + at.threshold, at.q.sumRate('fraiseql_db_queries_total'))),
    description(at):: '{{ $value | humanizePercentage }} of the database queries of ' + at.job + ' took longer than 100 ms in the last ' + at.window +
                      ' (threshold ' + at.percent + ').',
  },

  alert.new('CacheHitRateLow', 'cache', 'The cache answers too few look-ups.') {
    expression(at):: alert.given(signals.cache.hitRatio, at.q, function(ratio)
      alert.andTraffic(at, ratio + ' < ' + at.threshold, '(' + signals.cache.lookupRate.asRule(at.q) + ')')),
    description(at):: 'Only {{ $value | humanizePercentage }} of the cache look-ups of ' + at.job + ' were hits in the last ' + at.window +
                      ' (threshold ' + at.percent + ').',
  },
])
