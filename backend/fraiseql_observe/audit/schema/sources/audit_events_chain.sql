-- FraiseQL v1, enterprise/migrations/001_audit_tables.sql: what the application logged with AuditLogger
select 'audit_events' as source,
       t.id::text as event_id,
       t."timestamp" as occurred_at,
       t.created_at as recorded_at,
       coalesce(t.tenant_id::text, '(none)') as tenant_id,
       t.user_id::text as user_id,
       null::text[] as roles,
       t.event_data ->> 'correlation_id' as request_id,
       host(t.ip_address) as ip_address,
       null::text as endpoint,
       null::text as operation_type,
       t.event_type::text as operation_name,
       fraiseql_observe.event_type(t.event_type) as event_type,
       fraiseql_observe.event_category(concat_ws(' ', t.event_type, t.event_data ->> 'entity_type')) as category,
       t.event_data ->> 'entity_type' as entity,
       t.event_data ->> 'entity_id' as entity_id,
       case
         when fraiseql_observe.words(t.event_type) ~* '\m(denied|forbidden)\M' then 'denied'
         when fraiseql_observe.words(t.event_type) ~* '\m(fail|failed|failure|error)\M' then 'failure'
         when t.event_data ->> 'operation_type' = 'NOOP' then 'noop'
         else 'success'
       end as outcome,
       null::text as error_type,
       null::text as error_code,
       null::text as severity,
       null::text as error_fingerprint,
       null::text as error_message,
       null::double precision as duration_ms,
       null::integer as complexity,
       null::integer as depth,
       null::text as mode,
       {superseded} as superseded
  from {relation} as t
 where {tenant_scope}
