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
  select bit_count(bit_or(users)) as active, coalesce(bit_count(bit_or(affected)), 0) as affected
    from fraiseql_observe.user_sets(:from::timestamptz, :to::timestamptz)
   where tenant_id = any(:tenants::text[])
   group by tenant_id, part
)
select coalesce(sum(affected), 0)::bigint as affected_users,
       coalesce(sum(active), 0)::bigint as active_users,
       coalesce((sum(affected) / nullif(sum(active), 0))::double precision, 0) as affected_ratio
  from users
