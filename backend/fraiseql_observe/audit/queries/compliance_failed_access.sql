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
with apart as materialized (
  select * from fraiseql_observe.failed_access_rows(:from::timestamptz, :to::timestamptz)
   where tenant_id = any(:tenants::text[])
),
counted as (
  select tenant_id, user_id, ip_address, operation_name, entity,
         sum(attempts)::bigint as attempts,
         min(first_attempt) as first_attempt,
         max(last_attempt) as last_attempt
    from (select * from fraiseql_observe.failed_access_rolled(:from::timestamptz, :to::timestamptz)
           where tenant_id = any(:tenants::text[])
           union all
          select tenant_id, user_id, ip_address, operation_name, entity, 1, occurred_at, occurred_at from apart) as each
   group by tenant_id, user_id, ip_address, operation_name, entity
   order by attempts desc, last_attempt desc
   limit :limit::integer
),
-- of those that are shown
reasons as (
  select c.*, max(a.reason) as reason
    from counted as c
    left join apart as a
      on a.tenant_id = c.tenant_id
     and a.occurred_at = c.last_attempt
     and (a.user_id, a.ip_address, a.operation_name, a.entity)
         is not distinct from (c.user_id, c.ip_address, c.operation_name, c.entity)
   group by c.tenant_id, c.user_id, c.ip_address, c.operation_name, c.entity, c.attempts, c.first_attempt, c.last_attempt
)
select tenant_id as tenant,
       coalesce(user_id, '(anonymous)') as user,
       ip_address,
       operation_name,
       entity,
       coalesce(
         reason,
         fraiseql_observe.failed_access_reason(tenant_id, user_id, ip_address, operation_name, entity, last_attempt)
       ) as reason,
       attempts,
       first_attempt,
       last_attempt
  from reasons
 order by attempts desc, last_attempt desc
