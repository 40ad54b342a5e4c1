-- ---
-- title: Errors by endpoint
-- description: >-
--   Failed and denied operations by HTTP endpoint and GraphQL operation, with their share of that operation's traffic.
--   A high share on few requests is a broken operation; a low share on many is a flaky dependency.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
--   limit: {type: integer, default: 50, minimum: 1, maximum: 1000}
-- columns:
--   endpoint: {title: Endpoint, type: string}
--   operation_type: {title: Kind, type: string}
--   operation_name: {title: Operation, type: string}
--   errors: {title: Errors, type: number, unit: short}
--   requests: {title: Requests, type: number, unit: short}
--   error_ratio: {title: Error share, type: number, unit: percentunit}
--   affected_users: {title: Affected users, type: number, unit: short}
--   last_seen: {title: Last error, type: time}
-- ---
with parts as (
  select endpoint, operation_type, operation_name, bit_count(bit_or(affected)) as users
    from fraiseql_observe.operation_users(:from::timestamptz, :to::timestamptz, :tenants::text[])
   where affected is not null
   group by endpoint, operation_type, operation_name, part
),
met as (
  select endpoint, operation_type, operation_name, sum(users)::bigint as users
    from parts
   group by endpoint, operation_type, operation_name
),
asked as (
  select endpoint,
         operation_type,
         operation_name,
         sum(errors)::bigint as errors,
         sum(requests)::bigint as requests,
         (sum(errors) / sum(requests))::double precision as error_ratio,
         max(last_error) as last_seen
    from fraiseql_observe.operations(:from::timestamptz, :to::timestamptz, :tenants::text[])
   group by endpoint, operation_type, operation_name
  having sum(errors) > 0
   order by errors desc, endpoint, operation_name
   limit :limit::integer
)
select endpoint,
       operation_type,
       operation_name,
       errors,
       requests,
       error_ratio,
       coalesce(met.users, 0) as affected_users,
       last_seen
  from asked
  left join met using (endpoint, operation_type, operation_name)
 order by errors desc, endpoint, operation_name
