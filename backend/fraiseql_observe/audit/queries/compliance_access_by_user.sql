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
       coalesce(user_id, '(anonymous)') as user,
       entity,
       count(*) filter (where event_type = 'access' and outcome <> 'denied') as reads,
       count(*) filter (where event_type <> 'access' and outcome <> 'denied') as changes,
       count(*) filter (where outcome = 'denied') as denied,
       min(occurred_at) as first_access,
       max(occurred_at) as last_access
  from fraiseql_observe.audit_events
 where occurred_at between :from::timestamptz and :to::timestamptz
   and tenant_id = any(:tenants::text[])
   and entity is not null
   and not superseded
 group by 1, 2, 3
 order by count(*) desc, tenant, 2, entity
 limit :limit::integer
