-- ---
-- title: Requests per user
-- description: >-
--   Operations per identified user and interval: the mean, the 95th percentile and the busiest user. A maximum that
--   leaves the percentile behind is one runaway client or script. A range of more than 6 hours is shown by the hour, one
--   of more than 7 days by the day, and its percentile may be off by 5 per cent.
-- format: time_series
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   bucket: {type: interval}
--   tenants: {type: "text[]"}
-- columns:
--   time: {title: Time, type: time}
--   mean: {title: Mean, type: number, unit: short}
--   p95: {title: P95, type: number, unit: short}
--   maximum: {title: Busiest user, type: number, unit: short}
-- ---
select time,
       (sum(requests) / sum(users))::double precision as mean,
       -- exact from rows, from the bands of a distribution in roll-ups
       coalesce(
         percentile_cont(0.95) within group (order by requests_of_one),
         fraiseql_observe.percentile(sum(requests_per_user), 0.95)
       ) as p95,
       max(busiest) as maximum
  from fraiseql_observe.active_users(:from::timestamptz, :to::timestamptz, :bucket::interval)
 where tenant_id = any(:tenants::text[])
 group by time
 order by time
