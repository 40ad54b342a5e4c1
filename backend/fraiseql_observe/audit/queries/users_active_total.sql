-- ---
-- title: Active users
-- description: Identified users with at least one operation in the range, and the tenants they belong to.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
-- columns:
--   active_users: {title: Active users, type: number, unit: short}
--   active_tenants: {title: Active tenants, type: number, unit: short}
-- ---
select count(distinct (tenant_id, user_id)) filter (where user_id is not null) as active_users,
       count(distinct tenant_id) as active_tenants
  from fraiseql_observe.audit_events
 where occurred_at between :from::timestamptz and :to::timestamptz
   and tenant_id = any(:tenants::text[])
   and not superseded
