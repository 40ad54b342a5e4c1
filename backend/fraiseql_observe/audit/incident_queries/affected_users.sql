-- ---
-- title: Users impacted
-- description: >-
--   How many identified users met a failed operation in the range, of one operation or of all when no name is given.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   operation: {type: text, default: ""}
-- columns:
--   users: {title: Users, type: number, unit: short}
-- ---
select count(distinct (tenant_id, user_id)) as users
  from fraiseql_observe.audit_events
 where occurred_at between :from::timestamptz and :to::timestamptz
   and outcome in ('failure', 'denied')
   and user_id is not null
   and not superseded
   and (:operation::text = '' or operation_name = :operation::text)
