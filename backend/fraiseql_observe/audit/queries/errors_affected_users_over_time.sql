-- ---
-- title: Affected users over time
-- description: >-
--   Identified users who met at least one failed or denied operation, per interval. By the hour in a range of more than 6
--   hours, by the day in one of more than 7 days.
-- format: time_series
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   bucket: {type: interval}
--   tenants: {type: "text[]"}
-- columns:
--   time: {title: Time, type: time}
--   affected_users: {title: Affected users, type: number, unit: short}
-- ---
with way as (
  select * from fraiseql_observe.reading(:from::timestamptz, :to::timestamptz, :bucket::interval)
),
counted as (
  select time, sum(affected)::bigint as affected_users
    from fraiseql_observe.active_users(:from::timestamptz, :to::timestamptz, :bucket::interval)
   where tenant_id = any(:tenants::text[])
   group by time
)
-- an interval without errors is a zero, not a gap
select time, coalesce(affected_users, 0) as affected_users
  from way
 cross join generate_series(date_bin(unit, first, 'epoch'::timestamptz), :to::timestamptz, unit) as time
  left join counted using (time)
 order by time
