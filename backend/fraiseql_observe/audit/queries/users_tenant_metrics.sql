-- ---
-- title: Tenant metrics
-- description: >-
--   One row a tenant: users, traffic, changes, errors, denied access, speed and complexity. Compare tenants to see
--   whether trouble is everybody's or one customer's. A range of more than 6 hours is read in whole hours, one of more
--   than 7 days in whole days, and its percentile may be off by 5 per cent.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
--   limit: {type: integer, default: 100, minimum: 1, maximum: 1000}
-- columns:
--   tenant: {title: Tenant, type: string}
--   active_users: {title: Active users, type: number, unit: short}
--   requests: {title: Requests, type: number, unit: short}
--   changes: {title: Changes, type: number, unit: short}
--   errors: {title: Errors, type: number, unit: short}
--   error_ratio: {title: Error share, type: number, unit: percentunit}
--   denied: {title: Denied, type: number, unit: short}
--   p95_ms: {title: P95 duration, type: number, unit: ms}
--   mean_complexity: {title: Mean complexity, type: number, unit: short}
--   last_seen: {title: Last seen, type: time}
-- ---
with totals as (
  select tenant_id,
         sum(requests)::bigint as requests,
         sum(changes)::bigint as changes,
         sum(errors)::bigint as errors,
         (sum(errors) / sum(requests))::double precision as error_ratio,
         sum(denied)::bigint as denied,
         (sum(complexity_total) / nullif(sum(complexity_known), 0))::double precision as mean_complexity,
         max(last_seen) as last_seen
    from fraiseql_observe.traffic(:from::timestamptz, :to::timestamptz)
   where tenant_id = any(:tenants::text[])
   group by tenant_id
   order by requests desc, tenant_id
   limit :limit::integer
),
parts as (
  select tenant_id, bit_count(bit_or(users)) as users
    from fraiseql_observe.user_sets(:from::timestamptz, :to::timestamptz)
   where tenant_id = any(:tenants::text[])
   group by tenant_id, part
),
active as (
  select tenant_id, sum(users)::bigint as users from parts group by tenant_id
),
speed as (
  select tenant_id,
         -- exact from rows, from the bands of a distribution in roll-ups
         coalesce(
           percentile_cont(0.95) within group (order by duration_ms), fraiseql_observe.percentile(sum(durations), 0.95)
         ) as p95_ms
    from fraiseql_observe.durations(:from::timestamptz, :to::timestamptz)
   where tenant_id = any(:tenants::text[])
   group by tenant_id
)
select tenant_id as tenant,
       coalesce(active.users, 0) as active_users,
       requests,
       changes,
       errors,
       error_ratio,
       denied,
       speed.p95_ms,
       mean_complexity,
       last_seen
  from totals
  left join active using (tenant_id)
  left join speed using (tenant_id)
 order by requests desc, tenant
