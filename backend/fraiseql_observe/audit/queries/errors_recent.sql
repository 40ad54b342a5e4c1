-- ---
-- title: Recent errors
-- description: >-
--   The operations that failed last, newest first, with who asked and the request id to look for in the logs.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
--   limit: {type: integer, default: 100, minimum: 1, maximum: 1000}
-- columns:
--   time: {title: Time, type: time}
--   severity: {title: Severity, type: string}
--   error_type: {title: Type, type: string}
--   error_code: {title: Code, type: string}
--   operation_name: {title: Operation, type: string}
--   message: {title: Message, type: string}
--   tenant: {title: Tenant, type: string}
--   user: {title: User, type: string}
--   duration_ms: {title: Duration, type: number, unit: ms}
--   request_id: {title: Request, type: string}
--   fingerprint: {title: Fingerprint, type: string}
-- ---
select occurred_at as time,
       coalesce(severity, 'error') as severity,
       coalesce(error_type, outcome) as error_type,
       error_code,
       operation_name,
       error_message as message,
       tenant_id as tenant,
       coalesce(user_id, '(anonymous)') as user,
       duration_ms,
       request_id,
       error_fingerprint as fingerprint
  from fraiseql_observe.audit_events
 where occurred_at between :from::timestamptz and :to::timestamptz
   and tenant_id = any(:tenants::text[])
   and outcome in ('failure', 'denied')
   and not superseded
 order by occurred_at desc
 limit :limit::integer
