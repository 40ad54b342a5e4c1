-- ---
-- title: Query patterns
-- description: >-
--   What users ask for: each operation with its share of the traffic, its users, speed and complexity. Complex and
--   frequent operations are the first to cache, persist or simplify. A range of more than 6 hours is read in whole hours,
--   one of more than 7 days in whole days, and its percentile may be off by 5 per cent.
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
with parts as (
  select operation_type, operation_name, bit_count(bit_or(users)) as users
    from fraiseql_observe.operation_users(:from::timestamptz, :to::timestamptz, :tenants::text[])
   group by operation_type, operation_name, part
),
active as (
  select operation_type, operation_name, sum(users)::bigint as users from parts group by operation_type, operation_name
),
counted as (
  select operation_type,
         operation_name,
         sum(requests)::bigint as requests,
         sum(requests)::double precision / sum(sum(requests)) over () as share,
         (sum(complexity_total) / nullif(sum(complexity_known), 0))::double precision as mean_complexity,
         max(max_depth) as max_depth,
         percentile_cont(0.95) within group (order by duration_ms) as exact_p95_ms,
         sum(durations) as durations
    from fraiseql_observe.operations(:from::timestamptz, :to::timestamptz, :tenants::text[])
   group by operation_type, operation_name
   order by requests desc, operation_name
   limit :limit::integer
)
select operation_type,
       operation_name,
       requests,
       share,
       coalesce(active.users, 0) as users,
       -- exact from rows, from the bands of a distribution in roll-ups
       coalesce(exact_p95_ms, fraiseql_observe.percentile(durations, 0.95)) as p95_ms,
       mean_complexity,
       max_depth
  from counted
  left join active using (operation_type, operation_name)
 order by requests desc, operation_name
