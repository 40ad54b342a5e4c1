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
with counted as (
  select date_bin(:bucket::interval, occurred_at, 'epoch'::timestamptz) as time,
         event_type as metric,
         count(*) as value
    from fraiseql_observe.audit_events
   where occurred_at between :from::timestamptz and :to::timestamptz
     and tenant_id = any(:tenants::text[])
     and not superseded
   group by 1, 2
)
-- an interval without a deletion is a zero, not a gap
select time, metric, coalesce(value, 0) as value
  from generate_series(
         date_bin(:bucket::interval, :from::timestamptz, 'epoch'::timestamptz), :to::timestamptz, :bucket::interval
       ) as time
 cross join (select distinct metric from counted) as types
  left join counted using (time, metric)
 order by time, metric
