-- ---
-- title: Affected users
-- description: >-
--   How many identified users met at least one failed or denied operation in the range, and which share of all active
--   users that is. A small number with many errors is one client; a large share is an outage.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
-- columns:
--   affected_users: {title: Affected users, type: number, unit: short}
--   active_users: {title: Active users, type: number, unit: short}
--   affected_ratio: {title: Share of active users, type: number, unit: percentunit}
-- ---
with users as (
  select bool_or(outcome in ('failure', 'denied')) as affected
    from fraiseql_observe.audit_events
   where occurred_at between :from::timestamptz and :to::timestamptz
     and tenant_id = any(:tenants::text[])
     and user_id is not null
     and not superseded
   group by tenant_id, user_id
)
select count(*) filter (where affected) as affected_users,
       count(*) as active_users,
       coalesce((count(*) filter (where affected))::double precision / nullif(count(*), 0), 0) as affected_ratio
  from users
