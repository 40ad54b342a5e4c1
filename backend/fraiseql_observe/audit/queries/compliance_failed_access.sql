-- ---
-- title: Failed access
-- description: >-
--   Denied and unauthenticated attempts by user and address, most attempts first. Many attempts by one address are
--   guessing; many by one user are a missing role.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
--   limit: {type: integer, default: 50, minimum: 1, maximum: 1000}
-- columns:
--   tenant: {title: Tenant, type: string}
--   user: {title: User, type: string}
--   ip_address: {title: Address, type: string}
--   operation_name: {title: Operation, type: string}
--   entity: {title: Entity, type: string}
--   reason: {title: Last reason, type: string}
--   attempts: {title: Attempts, type: number, unit: short}
--   first_attempt: {title: First, type: time}
--   last_attempt: {title: Last, type: time}
-- ---
select tenant_id as tenant,
       coalesce(user_id, '(anonymous)') as user,
       ip_address,
       operation_name,
       entity,
       (array_agg(coalesce(error_message, error_code, error_type) order by occurred_at desc))[1] as reason,
       count(*) as attempts,
       min(occurred_at) as first_attempt,
       max(occurred_at) as last_attempt
  from fraiseql_observe.audit_events
 where occurred_at between :from::timestamptz and :to::timestamptz
   and tenant_id = any(:tenants::text[])
   and outcome in ('failure', 'denied')
   and (outcome = 'denied' or error_type = 'auth')
   and not superseded
 group by 1, 2, 3, 4, 5
 order by attempts desc, last_attempt desc
 limit :limit::integer
