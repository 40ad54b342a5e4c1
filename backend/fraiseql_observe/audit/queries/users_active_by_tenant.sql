-- ---
-- title: Active users per tenant
-- description: Identified users with at least one operation, per interval and tenant.
-- format: time_series
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   bucket: {type: interval}
--   tenants: {type: "text[]"}
-- columns:
--   time: {title: Time, type: time}
--   metric: {title: Tenant, type: string}
--   value: {title: Active users, type: number, unit: short}
-- ---
with counted as (
  select date_bin(:bucket::interval, occurred_at, 'epoch'::timestamptz) as time,
         tenant_id as metric,
         count(distinct user_id) as value
    from fraiseql_observe.audit_events
   where occurred_at between :from::timestamptz and :to::timestamptz
     and tenant_id = any(:tenants::text[])
     and not superseded
   group by 1, 2
)
-- a tenant that is quiet for an interval has zero active users, not a gap
select time, metric, coalesce(value, 0) as value
  from generate_series(
         date_bin(:bucket::interval, :from::timestamptz, 'epoch'::timestamptz), :to::timestamptz, :bucket::interval
       ) as time
 cross join (select distinct metric from counted) as tenants
  left join counted using (time, metric)
 order by time, metric
