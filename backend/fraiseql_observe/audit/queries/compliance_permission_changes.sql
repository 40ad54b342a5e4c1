-- ---
-- title: Permission changes
-- description: >-
--   Who granted, changed or revoked which role or permission, newest first. A grant without a ticket, or one that a
--   user gave to himself, is a finding.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
--   limit: {type: integer, default: 100, minimum: 1, maximum: 1000}
-- columns:
--   time: {title: Time, type: time}
--   user: {title: User, type: string}
--   tenant: {title: Tenant, type: string}
--   operation_name: {title: Change, type: string}
--   event_type: {title: Event, type: string}
--   entity: {title: Entity, type: string}
--   entity_id: {title: Entity id, type: string}
--   outcome: {title: Outcome, type: string}
--   ip_address: {title: Address, type: string}
--   source: {title: Source, type: string}
-- ---
select occurred_at as time,
       coalesce(user_id, '(anonymous)') as user,
       tenant_id as tenant,
       operation_name,
       event_type,
       entity,
       entity_id,
       outcome,
       ip_address,
       source
  from fraiseql_observe.audit_events as e
 where occurred_at between :from::timestamptz and :to::timestamptz
   and tenant_id = any(:tenants::text[])
   and category = 'permission'
   and event_type <> 'access'
   -- what FraiseQL's own log has beside ours was done behind the API, unless ours has such a change within 5 seconds
   and (not superseded
        or (select true
              from fraiseql_observe.audit_events as ours
             where ours.source = 'fraiseql_observe'
               and ours.occurred_at between e.occurred_at - interval '5 seconds' and e.occurred_at + interval '5 seconds'
               and ours.category in ('admin', 'permission')
               and ours.outcome = 'success'
             limit 1) is null)
 order by occurred_at desc
 limit :limit::integer
