-- ---
-- title: New users in the range
-- description: Users whose first recorded operation ever lies in the range.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
-- columns:
--   new_users: {title: New users, type: number, unit: short}
-- ---
select count(*) as new_users
  from fraiseql_observe.new_users(:from::timestamptz, :to::timestamptz)
 where tenant_id = any(:tenants::text[])
