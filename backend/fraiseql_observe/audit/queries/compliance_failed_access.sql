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
with found as materialized (
  select tenant_id, coalesce(user_id, '(anonymous)') as user_id, ip_address, operation_name, entity, attempts,
         first_attempt, last_attempt, reason
    from fraiseql_observe.failed_access(:from::timestamptz, :to::timestamptz)
   where tenant_id = any(:tenants::text[])
),
counted as (
  select tenant_id, user_id, ip_address, operation_name, entity,
         sum(attempts)::bigint as attempts,
         min(first_attempt) as first_attempt,
         max(last_attempt) as last_attempt
    from found
   group by tenant_id, user_id, ip_address, operation_name, entity
   order by attempts desc, last_attempt desc
   limit :limit::integer
),
reasons as (
  select c.*, max(f.reason) as reason
    from counted as c
    join found as f
      on f.tenant_id = c.tenant_id
     and f.user_id = c.user_id
     and f.last_attempt = c.last_attempt
     and (f.ip_address, f.operation_name, f.entity) is not distinct from (c.ip_address, c.operation_name, c.entity)
   group by c.tenant_id, c.user_id, c.ip_address, c.operation_name, c.entity, c.attempts, c.first_attempt, c.last_attempt
)
select tenant_id as tenant,
       user_id as user,
       ip_address,
       operation_name,
       entity,
       reason,
       attempts,
       first_attempt,
       last_attempt
  from reasons
 order by attempts desc, last_attempt desc
