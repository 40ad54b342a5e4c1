-- ---
-- title: New users
-- description: Users whose first recorded operation ever lies in the interval.
-- format: time_series
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   bucket: {type: interval}
--   tenants: {type: "text[]"}
-- columns:
--   time: {title: Time, type: time}
--   new_users: {title: New users, type: number, unit: short}
-- ---
with counted as (
  select date_bin(:bucket::interval, first_seen, 'epoch'::timestamptz) as time, count(*) as new_users
    from fraiseql_observe.new_users(:from::timestamptz, :to::timestamptz)
   where tenant_id = any(:tenants::text[])
   group by 1
)
select time, coalesce(new_users, 0) as new_users
  from generate_series(
         date_bin(:bucket::interval, :from::timestamptz, 'epoch'::timestamptz), :to::timestamptz, :bucket::interval
       ) as time
  left join counted using (time)
 order by time
