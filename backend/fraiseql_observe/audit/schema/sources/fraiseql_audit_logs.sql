-- FraiseQL's request log: one row an operation
select 'fraiseql_audit_logs' as source,
       t.id::text as event_id,
       t."timestamp" as occurred_at,
       t.created_at as recorded_at,
       coalesce(t.tenant_id::text, '(none)') as tenant_id,
       t.user_id::text as user_id,
       null::text[] as roles,
       null::text as request_id,
       t.ip_address::text as ip_address,
       null::text as endpoint,
       t.operation::text as operation_type,
       substring(t.query from '^\s*(?:query|mutation)\s+([A-Za-z_][A-Za-z0-9_]*)') as operation_name,
       case
         when t.operation = 'query' then 'access'
         else fraiseql_observe.event_type(substring(t.query from '^\s*mutation\s+([A-Za-z_][A-Za-z0-9_]*)'))
       end as event_type,
       'data' as category,
       null::text as entity,
       null::text as entity_id,
       case when t.error is null and t.level <> 'ERROR' then 'success' else 'failure' end as outcome,
       case when t.error is not null or t.level = 'ERROR' then 'graphql' end as error_type,
       null::text as error_code,
       case when t.error is not null or t.level = 'ERROR' then case t.level when 'WARN' then 'warning' else 'error' end end
         as severity,
       md5(t.error) as error_fingerprint,
       left(t.error, 500) as error_message,
       t.duration_ms::double precision as duration_ms,
       null::integer as complexity,
       null::integer as depth,
       null::text as mode,
       {superseded} as superseded
  from {relation} as t
 where {tenant_scope}
