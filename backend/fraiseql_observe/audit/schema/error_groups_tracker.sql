-- FraiseQL v1, monitoring/schema.sql. It knows no tenant, so only a session that sees all tenants sees it.
select 'tb_error_log' as source,
       g.error_fingerprint as fingerprint,
       g.error_type::text as error_type,
       case g.severity when 'critical' then 'critical' when 'error' then 'error' else 'warning' end as severity,
       null::text as error_code,
       g.request_context ->> 'operation' as operation_name,
       left(g.error_message, 500) as message,
       g.first_seen,
       g.last_seen,
       g.occurrence_count::bigint as occurrences,
       case when g.status in ('resolved', 'ignored') then 'resolved' else 'open' end as status,
       g.resolved_at,
       g.resolved_by,
       g.resolution_notes as resolution_note,
       false as has_events
  from {relation} as g
 where {scope} is null
