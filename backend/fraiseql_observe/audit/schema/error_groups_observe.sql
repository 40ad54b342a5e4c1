-- A session that is narrowed to tenants sees the errors that these met, without the last message: it may be
-- another tenant's.
select 'fraiseql_observe' as source,
       g.fingerprint,
       g.error_type,
       g.severity,
       g.error_code,
       g.operation_name,
       case when {scope} is null then g.message end as message,
       g.first_seen,
       g.last_seen,
       g.occurrences,
       g.status,
       g.resolved_at,
       g.resolved_by,
       g.resolution_note,
       true as has_events
  from fraiseql_observe.error_group as g
 where {scope} is null
    or g.fingerprint in (select met.fingerprint from fraiseql_observe.error_tenants as met
                          where met.tenant_id = any ({tenants}))
