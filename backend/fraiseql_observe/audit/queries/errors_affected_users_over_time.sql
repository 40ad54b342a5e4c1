-- ---
-- title: Affected users over time
-- description: Identified users who met at least one failed or denied operation, per interval.
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
with counted as (
  select date_bin(:bucket::interval, occurred_at, 'epoch'::timestamptz) as time,
         count(distinct (tenant_id, user_id)) as affected_users
    from fraiseql_observe.audit_events
   where occurred_at between :from::timestamptz and :to::timestamptz
     and tenant_id = any(:tenants::text[])
     and outcome in ('failure', 'denied')
     and user_id is not null
     and not superseded
   group by 1
)
-- an interval without errors is a zero, not a gap
select time, coalesce(affected_users, 0) as affected_users
  from generate_series(
         date_bin(:bucket::interval, :from::timestamptz, 'epoch'::timestamptz), :to::timestamptz, :bucket::interval
       ) as time
  left join counted using (time)
 order by time
