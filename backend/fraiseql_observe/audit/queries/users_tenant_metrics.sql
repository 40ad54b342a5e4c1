-- ---
-- title: Tenant metrics
-- description: >-
--   One row a tenant: users, traffic, changes, errors, denied access, speed and complexity. Compare tenants to see
--   whether trouble is everybody's or one customer's.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
--   limit: {type: integer, default: 100, minimum: 1, maximum: 1000}
-- columns:
--   tenant: {title: Tenant, type: string}
--   active_users: {title: Active users, type: number, unit: short}
--   requests: {title: Requests, type: number, unit: short}
--   changes: {title: Changes, type: number, unit: short}
--   errors: {title: Errors, type: number, unit: short}
--   error_ratio: {title: Error share, type: number, unit: percentunit}
--   denied: {title: Denied, type: number, unit: short}
--   p95_ms: {title: P95 duration, type: number, unit: ms}
--   mean_complexity: {title: Mean complexity, type: number, unit: short}
--   last_seen: {title: Last seen, type: time}
-- ---
select tenant_id as tenant,
       count(distinct user_id) as active_users,
       count(*) as requests,
       count(*) filter (where event_type <> 'access') as changes,
       count(*) filter (where outcome in ('failure', 'denied')) as errors,
       (count(*) filter (where outcome in ('failure', 'denied')))::double precision / count(*) as error_ratio,
       count(*) filter (where outcome = 'denied') as denied,
       percentile_cont(0.95) within group (order by duration_ms) as p95_ms,
       avg(complexity)::double precision as mean_complexity,
       max(occurred_at) as last_seen
  from fraiseql_observe.audit_events
 where occurred_at between :from::timestamptz and :to::timestamptz
   and tenant_id = any(:tenants::text[])
   and not superseded
 group by tenant_id
 order by requests desc, tenant
 limit :limit::integer
