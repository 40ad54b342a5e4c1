-- ---
-- title: Who accessed what
-- description: >-
--   For each user and entity: how often it was read and changed, how often access was denied, and when last.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
--   limit: {type: integer, default: 100, minimum: 1, maximum: 1000}
-- columns:
--   tenant: {title: Tenant, type: string}
--   user: {title: User, type: string}
--   entity: {title: Entity, type: string}
--   reads: {title: Reads, type: number, unit: short}
--   changes: {title: Changes, type: number, unit: short}
--   denied: {title: Denied, type: number, unit: short}
--   first_access: {title: First, type: time}
--   last_access: {title: Last, type: time}
-- ---
select tenant_id as tenant,
       user_id as user,
       entity,
       reads,
       changes,
       denied,
       first_access,
       last_access
  from fraiseql_observe.busiest_access(
         :from::timestamptz, :to::timestamptz, :tenants::text[], :limit::integer
       )
 order by requests desc, tenant, user_id, entity
