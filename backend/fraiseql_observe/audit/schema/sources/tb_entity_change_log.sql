-- FraiseQL v2: the server writes one row for each successful mutation
select 'tb_entity_change_log' as source,
       t.pk_entity_change_log::text as event_id,
       t.created_at as occurred_at,
       coalesce(t.commit_time, t.created_at) as recorded_at,
       coalesce(t.tenant_id::text, '(none)') as tenant_id,
       t.acting_for::text as user_id,
       null::text[] as roles,
       t.trace_id::text as request_id,
       null::text as ip_address,
       null::text as endpoint,
       'mutation' as operation_type,
       concat_ws(' ', t.modification_type, t.object_type) as operation_name,
       case t.modification_type when 'INSERT' then 'create' when 'DELETE' then 'delete' else 'update' end as event_type,
       fraiseql_observe.event_category(t.object_type) as category,
       t.object_type::text as entity,
       t.object_id::text as entity_id,
       case
         when t.change_status ~* '^noop' then 'noop'
         when t.change_status ~* '^(fail|error)' then 'failure'
         else 'success'
       end as outcome,
       null::text as error_type,
       null::text as error_code,
       null::text as severity,
       null::text as error_fingerprint,
       null::text as error_message,
       t.duration_ms::double precision as duration_ms,
       null::integer as complexity,
       null::integer as depth,
       null::text as mode,
       {superseded} as superseded
  from {relation} as t
 where {tenant_scope}
