-- ---
-- title: Open errors
-- description: >-
--   Errors that happened in the range and are not resolved, worst first. Resolve one with
--   select fraiseql_observe.resolve_error(fingerprint, your name, note).
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
--   limit: {type: integer, default: 50, minimum: 1, maximum: 1000}
-- columns:
--   severity: {title: Severity, type: string}
--   status: {title: Status, type: string}
--   error_type: {title: Type, type: string}
--   operation_name: {title: Operation, type: string}
--   message: {title: Last message, type: string}
--   occurrences: {title: Occurrences in range, type: number, unit: short}
--   affected_users: {title: Affected users, type: number, unit: short}
--   age_seconds: {title: Open for, type: number, unit: s}
--   first_seen: {title: First seen, type: time}
--   last_seen: {title: Last seen, type: time}
--   fingerprint: {title: Fingerprint, type: string}
-- ---
with seen as (
  select error_fingerprint as fingerprint,
         count(*) as occurrences,
         count(distinct (tenant_id, user_id)) filter (where user_id is not null) as affected_users,
         (array_agg(error_message order by occurred_at desc))[1] as message,
         max(occurred_at) as last_seen
    from fraiseql_observe.audit_events
   where occurred_at between :from::timestamptz and :to::timestamptz
     and tenant_id = any(:tenants::text[])
     and error_fingerprint is not null
   group by error_fingerprint
)
select g.severity,
       g.status,
       g.error_type,
       g.operation_name,
       seen.message,
       seen.occurrences,
       seen.affected_users,
       extract(epoch from :to::timestamptz - g.first_seen)::double precision as age_seconds,
       g.first_seen,
       seen.last_seen,
       g.fingerprint
  from seen
  join fraiseql_observe.error_groups as g using (fingerprint)
 where g.status <> 'resolved'
 order by array_position(array['critical', 'error', 'warning'], g.severity), seen.occurrences desc, g.fingerprint
 limit :limit::integer
