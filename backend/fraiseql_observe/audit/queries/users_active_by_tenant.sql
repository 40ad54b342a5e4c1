-- ---
-- title: Active users per tenant
-- description: >-
--   Identified users with at least one operation, per interval and tenant. A range of more than 6 hours is shown by the
--   hour, one of more than 7 days by the day.
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
  select time, tenant_id as metric, sum(users)::bigint as value
    from fraiseql_observe.active_users(:from::timestamptz, :to::timestamptz, :bucket::interval)
   where tenant_id = any(:tenants::text[])
   group by 1, 2
)
-- a tenant that is quiet for an interval has zero active users, not a gap
select time, metric, coalesce(value, 0) as value
  from fraiseql_observe.reading(:from::timestamptz, :to::timestamptz, :bucket::interval) as reading
 cross join lateral generate_series(date_bin(unit, first, 'epoch'::timestamptz), :to::timestamptz, unit) as time
 cross join (select distinct metric from counted) as tenants
  left join counted using (time, metric)
 order by time, metric
