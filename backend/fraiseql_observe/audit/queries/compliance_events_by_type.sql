-- ---
-- title: Audit events by type
-- description: >-
--   Recorded creations, updates, deletions and accesses per interval. A burst of deletions, or changes at an hour
--   when nobody works, is worth a question.
-- format: time_series
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   bucket: {type: interval}
--   tenants: {type: "text[]"}
-- columns:
--   time: {title: Time, type: time}
--   metric: {title: Event type, type: string}
--   value: {title: Events, type: number, unit: short}
-- ---
with way as (
  select * from fraiseql_observe.reading(:from::timestamptz, :to::timestamptz, :bucket::interval)
),
counted as (
  select date_bin((select step from way), time, 'epoch'::timestamptz) as time, event_type as metric, sum(events) as value
    from fraiseql_observe.traffic_over_time(:from::timestamptz, :to::timestamptz, :tenants::text[])
   group by 1, 2
)
-- an interval without a deletion is a zero, not a gap
select time, metric, coalesce(value, 0)::bigint as value
  from way
 cross join generate_series(date_bin(step, first, 'epoch'::timestamptz), :to::timestamptz, step) as time
 cross join (select distinct metric from counted) as types
  left join counted using (time, metric)
 order by time, metric
