-- ---
-- title: User error rate
-- description: >-
--   Share of operations that failed or were denied, and share of active users who met at least one. Both high is an
--   outage; only the first is one user in trouble.
-- format: time_series
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   bucket: {type: interval}
--   tenants: {type: "text[]"}
-- columns:
--   time: {title: Time, type: time}
--   failed_operations: {title: Failed operations, type: number, unit: percentunit}
--   affected_users: {title: Affected users, type: number, unit: percentunit}
-- ---
with per_user as (
  select date_bin(:bucket::interval, occurred_at, 'epoch'::timestamptz) as time,
         count(*) as requests,
         count(*) filter (where outcome in ('failure', 'denied')) as errors
    from fraiseql_observe.audit_events
   where occurred_at between :from::timestamptz and :to::timestamptz
     and tenant_id = any(:tenants::text[])
     and user_id is not null
     and not superseded
   group by 1, tenant_id, user_id
)
select time,
       (sum(errors) / sum(requests))::double precision as failed_operations,
       (count(*) filter (where errors > 0))::double precision / count(*) as affected_users
  from per_user
 group by time
 order by time
