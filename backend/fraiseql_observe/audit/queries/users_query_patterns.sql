-- ---
-- title: Query patterns
-- description: >-
--   What users ask for: each operation with its share of the traffic, its users, speed and complexity. Complex and
--   frequent operations are the first to cache, persist or simplify.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
--   limit: {type: integer, default: 50, minimum: 1, maximum: 1000}
-- columns:
--   operation_type: {title: Kind, type: string}
--   operation_name: {title: Operation, type: string}
--   requests: {title: Requests, type: number, unit: short}
--   share: {title: Share of requests, type: number, unit: percentunit}
--   users: {title: Users, type: number, unit: short}
--   p95_ms: {title: P95 duration, type: number, unit: ms}
--   mean_complexity: {title: Mean complexity, type: number, unit: short}
--   max_depth: {title: Deepest, type: number, unit: short}
-- ---
select coalesce(operation_type, 'unknown') as operation_type,
       coalesce(operation_name, '(unknown)') as operation_name,
       count(*) as requests,
       count(*)::double precision / sum(count(*)) over () as share,
       count(distinct (tenant_id, user_id)) filter (where user_id is not null) as users,
       percentile_cont(0.95) within group (order by duration_ms) as p95_ms,
       avg(complexity)::double precision as mean_complexity,
       max(depth) as max_depth
  from fraiseql_observe.audit_events
 where occurred_at between :from::timestamptz and :to::timestamptz
   and tenant_id = any(:tenants::text[])
   and not superseded
 group by 1, 2
 order by requests desc, operation_name
 limit :limit::integer
