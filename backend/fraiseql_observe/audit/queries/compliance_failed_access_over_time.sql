-- ---
-- title: Failed access over time
-- description: Denied and unauthenticated attempts per interval, and how many users and addresses were behind them.
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
with counted as (
  select date_bin(:bucket::interval, occurred_at, 'epoch'::timestamptz) as time,
         count(*) as attempts,
         count(distinct (tenant_id, user_id, ip_address)) as sources
    from fraiseql_observe.audit_events
   where occurred_at between :from::timestamptz and :to::timestamptz
     and tenant_id = any(:tenants::text[])
     and outcome in ('failure', 'denied')
     and (outcome = 'denied' or error_type = 'auth')
     and not superseded
   group by 1
)
-- an interval without attempts is a zero, not a gap
select time, coalesce(attempts, 0) as attempts, coalesce(sources, 0) as sources
  from generate_series(
         date_bin(:bucket::interval, :from::timestamptz, 'epoch'::timestamptz), :to::timestamptz, :bucket::interval
       ) as time
  left join counted using (time)
 order by time
