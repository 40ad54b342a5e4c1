-- ---
-- title: Recent audit events
-- description: >-
--   The newest entries of the audit log, with who did what to which entity and how it ended. Source says which log
--   holds the entry: ours, or FraiseQL's own for the time before.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
--   limit: {type: integer, default: 100, minimum: 1, maximum: 1000}
-- columns:
--   time: {title: Time, type: time}
--   event_type: {title: Event, type: string}
--   category: {title: Category, type: string}
--   tenant: {title: Tenant, type: string}
--   user: {title: User, type: string}
--   operation_name: {title: Operation, type: string}
--   entity: {title: Entity, type: string}
--   entity_id: {title: Entity id, type: string}
--   outcome: {title: Outcome, type: string}
--   ip_address: {title: Address, type: string}
--   request_id: {title: Request, type: string}
--   source: {title: Source, type: string}
-- ---
select occurred_at as time,
       event_type,
       category,
       tenant_id as tenant,
       coalesce(user_id, '(anonymous)') as user,
       operation_name,
       entity,
       entity_id,
       outcome,
       ip_address,
       request_id,
       source
  from fraiseql_observe.audit_events
 where occurred_at between :from::timestamptz and :to::timestamptz
   and tenant_id = any(:tenants::text[])
   and not superseded
 order by occurred_at desc
 limit :limit::integer
