-- ---
-- title: Failed access over time
-- description: >-
--   Denied and unauthenticated attempts per interval, and how many users and addresses were behind them. By the hour in a
--   range of more than 6 hours, by the day in one of more than 7 days.
-- format: time_series
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   bucket: {type: interval}
--   tenants: {type: "text[]"}
-- columns:
--   time: {title: Time, type: time}
--   attempts: {title: Attempts, type: number, unit: short}
--   sources: {title: Users and addresses, type: number, unit: short}
-- ---
with way as (
  select * from fraiseql_observe.reading(:from::timestamptz, :to::timestamptz, :bucket::interval)
),
counted as (
  select time, sum(attempts)::bigint as attempts, sum(sources)::bigint as sources
    from fraiseql_observe.failed_access_over_time(
           :from::timestamptz, :to::timestamptz, :bucket::interval, :tenants::text[])
   group by time
)
-- an interval without attempts is a zero, not a gap
select time, coalesce(attempts, 0) as attempts, coalesce(sources, 0) as sources
  from way
 cross join generate_series(date_bin(unit, first, 'epoch'::timestamptz), :to::timestamptz, unit) as time
  left join counted using (time)
 order by time
