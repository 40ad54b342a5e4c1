// What dashboards over long ranges and many instances would otherwise compute again at every refresh.
local record = import '../lib/record.libsonnet';

local rules(config, signals) =
  local q = record.query(config);
  local rule(metric, operation, signal, labels=[]) =
    if signal.available
    then [record.rule(record.name(config, metric, operation, record.short, labels), signal.asRule(q))]
    else [];
  std.flattenArrays([
    rule('fraiseql_graphql_failures', 'rate', signals.graphql.failureRate),
    rule('fraiseql_graphql_failures_per_operation', 'ratio_rate', signals.graphql.errorRatio),
    rule('fraiseql_graphql_operations', 'rate', signals.graphql.operationTypes, ['operation_type']),
    rule('fraiseql_graphql_query_duration_seconds', 'p50_rate', signals.graphql.latencyP50),
    rule('fraiseql_graphql_query_duration_seconds', 'p95_rate', signals.graphql.latencyP95),
    rule('fraiseql_graphql_query_duration_seconds', 'p99_rate', signals.graphql.latencyP99),
    rule('fraiseql_cache_hits_per_lookup', 'ratio_rate', signals.cache.hitRatio),
    rule('fraiseql_cache_hits_per_lookup', 'ratio_rate', signals.cache.hitRatioByType, ['cache_type']),
    rule('fraiseql_db_slow_queries_per_query', 'ratio_rate', signals.database.slowQueryRatio),
  ]);

{
  group(config, signals):: record.group(config, 'records', rules(config, signals)),
}
