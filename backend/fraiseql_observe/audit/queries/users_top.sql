-- ---
-- title: Top users
-- description: >-
--   The users with the most operations in the range, how often they fail and how long they wait. Read it to find the
--   client behind a load peak, or the customer who suffers.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
--   limit: {type: integer, default: 20, minimum: 1, maximum: 1000}
-- columns:
--   tenant: {title: Tenant, type: string}
--   user: {title: User, type: string}
--   requests: {title: Requests, type: number, unit: short}
--   changes: {title: Changes, type: number, unit: short}
--   errors: {title: Errors, type: number, unit: short}
--   error_ratio: {title: Error share, type: number, unit: percentunit}
--   p95_ms: {title: P95 duration, type: number, unit: ms}
--   last_seen: {title: Last seen, type: time}
-- ---
select tenant_id as tenant,
       user_id as user,
       count(*) as requests,
       count(*) filter (where event_type <> 'access') as changes,
       count(*) filter (where outcome in ('failure', 'denied')) as errors,
       (count(*) filter (where outcome in ('failure', 'denied')))::double precision / count(*) as error_ratio,
       percentile_cont(0.95) within group (order by duration_ms) as p95_ms,
       max(occurred_at) as last_seen
  from fraiseql_observe.audit_events
 where occurred_at between :from::timestamptz and :to::timestamptz
   and tenant_id = any(:tenants::text[])
   and user_id is not null
   and not superseded
 group by tenant_id, user_id
 order by requests desc, tenant, user_id
 limit :limit::integer
