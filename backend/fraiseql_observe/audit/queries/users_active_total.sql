-- ---
-- title: Active users
-- description: >-
--   Identified users with at least one operation in the range, and the tenants with any. A range of more than 6 hours is
--   read in whole hours, one of more than 7 days in whole days.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
-- columns:
--   active_users: {title: Active users, type: number, unit: short}
--   active_tenants: {title: Active tenants, type: number, unit: short}
-- ---
with active as (
  select tenant_id, bit_count(bit_or(users)) as users
    from fraiseql_observe.user_sets(:from::timestamptz, :to::timestamptz)
   where tenant_id = any(:tenants::text[])
   group by tenant_id, part
)
select coalesce(sum(active.users), 0)::bigint as active_users,
       (select count(distinct tenant_id)
          from fraiseql_observe.traffic(:from::timestamptz, :to::timestamptz)
         where tenant_id = any(:tenants::text[])) as active_tenants
  from active
