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
with in_range as (
  select distinct tenant_id, user_id
    from fraiseql_observe.audit_events
   where occurred_at between :from::timestamptz and :to::timestamptz
     and tenant_id = any(:tenants::text[])
     and user_id is not null
)
select count(*) as new_users
  from in_range
  -- one index probe a user, whatever the length of the history; LIMIT keeps it from becoming a join over all of it
 where (select e.occurred_at
          from fraiseql_observe.audit_events as e
         where e.tenant_id = in_range.tenant_id
           and e.user_id = in_range.user_id
           and e.occurred_at < :from::timestamptz
         limit 1) is null
