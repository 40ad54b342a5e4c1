-- ---
-- title: Requests per user
-- description: >-
--   Operations per identified user and interval: the mean, the 95th percentile and the busiest user. A maximum that
--   leaves the percentile behind is one runaway client or script.
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
with per_user as (
  select date_bin(:bucket::interval, occurred_at, 'epoch'::timestamptz) as time,
         count(*) as requests
    from fraiseql_observe.audit_events
   where occurred_at between :from::timestamptz and :to::timestamptz
     and tenant_id = any(:tenants::text[])
     and user_id is not null
     and not superseded
   group by 1, tenant_id, user_id
)
select time,
       avg(requests)::double precision as mean,
       percentile_cont(0.95) within group (order by requests) as p95,
       max(requests) as maximum
  from per_user
 group by time
 order by time
