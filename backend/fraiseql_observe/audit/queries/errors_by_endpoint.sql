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
select coalesce(endpoint, '(unknown)') as endpoint,
       coalesce(operation_type, 'unknown') as operation_type,
       coalesce(operation_name, '(unknown)') as operation_name,
       count(*) filter (where outcome in ('failure', 'denied')) as errors,
       count(*) as requests,
       (count(*) filter (where outcome in ('failure', 'denied')))::double precision / count(*) as error_ratio,
       count(distinct (tenant_id, user_id)) filter (
         where outcome in ('failure', 'denied') and user_id is not null
       ) as affected_users,
       max(occurred_at) filter (where outcome in ('failure', 'denied')) as last_seen
  from fraiseql_observe.audit_events
 where occurred_at between :from::timestamptz and :to::timestamptz
   and tenant_id = any(:tenants::text[])
   and not superseded
 group by 1, 2, 3
having count(*) filter (where outcome in ('failure', 'denied')) > 0
 order by errors desc, endpoint, operation_name
 limit :limit::integer
