-- ---
-- title: Top users
-- description: >-
--   The users with the most operations in the range, how often they fail and how long they wait. Read it to find the
--   client behind a load peak, or the customer who suffers. A range of more than 6 hours is read in whole hours, one of
--   more than 7 days in whole days, and its percentile may be off by 5 per cent.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
--   limit: {type: integer, default: 20, minimum: 1, maximum: 1000}
-- columns:
--   tenant: {title: Tenant, type: string}
--   user: {title: User, type: string}
--   requests: {title: Requests, type: number, unit: short}
--   changes: {title: Changes, type: number, unit: short}
--   errors: {title: Errors, type: number, unit: short}
--   error_ratio: {title: Error share, type: number, unit: percentunit}
--   p95_ms: {title: P95 duration, type: number, unit: ms}
--   last_seen: {title: Last seen, type: time}
-- ---
with waiting as materialized (
  select * from fraiseql_observe.user_totals_not_rolled(:from::timestamptz, :to::timestamptz, :tenants::text[])
),
asked as (
  select user_key, tenant_id, user_id, requests
    from fraiseql_observe.user_requests(:from::timestamptz, :to::timestamptz, :tenants::text[])
   union all
  select known.user_key,
         case when known.user_key is null then waiting.tenant_id end,
         case when known.user_key is null then waiting.user_id end,
         waiting.requests
    from waiting
    left join fraiseql_observe.rollup_user as known using (tenant_id, user_id)
),
ranked as (
  select user_key, tenant_id, user_id, sum(requests) as requests, rank() over (order by sum(requests) desc) as place
    from asked
   group by user_key, tenant_id, user_id
),
-- as many as are asked for, and those who have as much as the last of them; sorted by name only then
named as (
  select coalesce(ranked.tenant_id, known.tenant_id) as tenant_id,
         coalesce(ranked.user_id, known.user_id) as user_id
    from ranked
    left join fraiseql_observe.rollup_user as known using (user_key)
   where place <= :limit::integer
   order by requests desc, 1, 2
   limit :limit::integer
)
select named.tenant_id as tenant,
       named.user_id as user,
       done.requests,
       done.changes,
       done.errors,
       done.errors::double precision / done.requests as error_ratio,
       done.p95_ms,
       done.last_seen
  from named
 cross join lateral (
         select sum(requests)::bigint as requests,
                sum(changes)::bigint as changes,
                sum(errors)::bigint as errors,
                max(last_seen) as last_seen,
                -- exact from rows, from the bands of a distribution in roll-ups
                coalesce(
                  percentile_cont(0.95) within group (order by duration_ms),
                  fraiseql_observe.percentile(sum(durations), 0.95)
                ) as p95_ms
           from (select totals.*
                   from fraiseql_observe.user_totals(:from::timestamptz, :to::timestamptz) as totals
                  where totals.tenant_id = named.tenant_id
                    and totals.user_id = named.user_id
                  union all
                 select waiting.*
                   from waiting
                  where waiting.tenant_id = named.tenant_id
                    and waiting.user_id = named.user_id) as both_of_them
       ) as done
 order by done.requests desc, tenant, named.user_id
