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
with totals as (
  select tenant_id,
         user_key,
         user_id,
         -- as floating point: exact, and added faster than bigint
         sum(requests::double precision) as requests,
         sum(changes::double precision) as changes,
         sum(errors::double precision) as errors,
         max(last_seen) as last_seen
    from fraiseql_observe.user_totals(:from::timestamptz, :to::timestamptz)
   where tenant_id = any(:tenants::text[])
   group by tenant_id, user_key, user_id
),
-- as many as are asked for, and those who have as much as the last of them
ahead as (
  select *
    from (select *, rank() over (order by requests desc) as place from totals) as ranked
   where place <= :limit::integer
),
named as (
  select ahead.tenant_id,
         coalesce(ahead.user_id, known.user_id) as user_id,
         requests,
         changes,
         errors,
         last_seen
    from ahead
    left join fraiseql_observe.rollup_user as known on known.user_key = ahead.user_key
   order by requests desc, 1, 2
   limit :limit::integer
)
select tenant_id as tenant,
       user_id as user,
       requests::bigint as requests,
       changes::bigint as changes,
       errors::bigint as errors,
       errors / requests as error_ratio,
       speed.p95_ms,
       last_seen
  from named
 cross join lateral (
         -- exact from rows, from the bands of a distribution in roll-ups
         select coalesce(
                  percentile_cont(0.95) within group (order by duration_ms),
                  fraiseql_observe.percentile(sum(durations), 0.95)
                ) as p95_ms
           from fraiseql_observe.user_durations(:from::timestamptz, :to::timestamptz) as taken
          where taken.tenant_id = named.tenant_id
            and taken.user_id = named.user_id
       ) as speed
 order by named.requests desc, tenant, named.user_id
