-- ---
-- title: Top slow statements
-- description: >-
--   The statements on which this database spends most time since its statistics were reset, from pg_stat_statements.
--   Much time over many calls wants an index or a cache; a slow mean over few calls wants EXPLAIN.
-- format: table
-- parameters:
--   limit: {type: integer, default: 20, minimum: 1, maximum: 200}
-- columns:
--   statement: {title: Statement, type: string}
--   calls: {title: Calls, type: number, unit: short}
--   mean_ms: {title: Mean, type: number, unit: ms}
--   max_ms: {title: Slowest, type: number, unit: ms}
--   total_ms: {title: Total, type: number, unit: ms}
--   share: {title: Share of time, type: number, unit: percentunit}
--   rows_per_call: {title: Rows per call, type: number, unit: short}
--   cache_hit_ratio: {title: Buffer hits, type: number, unit: percentunit}
-- ---
select statement,
       calls,
       mean_ms,
       max_ms,
       total_ms,
       coalesce(total_ms / nullif(sum(total_ms) over (), 0), 0) as share,
       rows::double precision / nullif(calls, 0) as rows_per_call,
       cache_hit_ratio
  from fraiseql_observe.statement_stats
 order by total_ms desc, statement
 limit :limit::integer
