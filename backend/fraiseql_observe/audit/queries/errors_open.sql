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
with found as materialized (
  select * from fraiseql_observe.errors(:from::timestamptz, :to::timestamptz)
   where tenant_id = any(:tenants::text[])
),
seen as (
  select g.severity, g.status, g.error_type, g.operation_name, g.first_seen, f.*
    from (select fingerprint, sum(occurrences)::bigint as occurrences, max(last_seen) as last_seen
            from found
           group by fingerprint) as f
    join fraiseql_observe.error_groups as g using (fingerprint)
   where g.status <> 'resolved'
   order by array_position(array['critical', 'error', 'warning'], g.severity), f.occurrences desc, fingerprint
   limit :limit::integer
),
-- the newest row speaks for the group: its message belongs to one of the selected tenants
newest as (
  select distinct on (found.fingerprint) found.fingerprint, found.message
    from seen
    join found on found.fingerprint = seen.fingerprint and found.last_seen = seen.last_seen
   order by found.fingerprint
),
-- users in a set, and those who are in none
counted as (
  select fingerprint, sum(users) as affected_users
    from (select fingerprint, bit_count(bit_or(users)) as users
            from found
           where users is not null
           group by fingerprint, tenant_id, part
           union all
          select fingerprint, count(*)
            from (select distinct fingerprint, tenant_id, user_id from found where user_id is not null) as named
           group by fingerprint) as each
   group by fingerprint
)
select seen.severity,
       seen.status,
       seen.error_type,
       seen.operation_name,
       newest.message,
       seen.occurrences,
       coalesce(counted.affected_users, 0)::bigint as affected_users,
       extract(epoch from :to::timestamptz - seen.first_seen)::double precision as age_seconds,
       seen.first_seen,
       seen.last_seen,
       fingerprint
  from seen
  left join counted using (fingerprint)
  join newest using (fingerprint)
 order by array_position(array['critical', 'error', 'warning'], seen.severity), seen.occurrences desc, seen.fingerprint
