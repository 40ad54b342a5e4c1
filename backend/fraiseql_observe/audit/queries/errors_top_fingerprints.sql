-- ---
-- title: Top error fingerprints
-- description: >-
--   Which distinct errors happened most in the range, how many users each touched and whether anybody resolved it.
--   Start with the row that has the most users; regressed means it came back after it was resolved.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
--   limit: {type: integer, default: 20, minimum: 1, maximum: 1000}
-- columns:
--   severity: {title: Severity, type: string}
--   error_type: {title: Type, type: string}
--   operation_name: {title: Operation, type: string}
--   message: {title: Last message, type: string}
--   occurrences: {title: Occurrences, type: number, unit: short}
--   affected_users: {title: Affected users, type: number, unit: short}
--   affected_tenants: {title: Affected tenants, type: number, unit: short}
--   status: {title: Status, type: string}
--   first_seen: {title: First seen, type: time}
--   last_seen: {title: Last seen, type: time}
--   fingerprint: {title: Fingerprint, type: string}
-- ---
with found as materialized (
  select * from fraiseql_observe.errors(:from::timestamptz, :to::timestamptz)
   where tenant_id = any(:tenants::text[])
     and not superseded
),
ranked as (
  select fingerprint,
         sum(occurrences)::bigint as occurrences,
         min(first_seen) as first_in_range,
         max(last_seen) as last_in_range
    from found
   group by fingerprint
   order by occurrences desc, fingerprint
   limit :limit::integer
),
-- tenants and users are counted of those that are shown
shown as materialized (
  select found.*, ranked.last_in_range from ranked join found using (fingerprint)
),
-- the newest row speaks for the group: its message belongs to one of the selected tenants
newest as (
  select distinct on (fingerprint) fingerprint, severity, error_type, operation_name, message
    from shown
   where last_seen = last_in_range
   order by fingerprint
),
affected as (
  select fingerprint, count(distinct tenant_id) as affected_tenants from shown group by fingerprint
),
-- users in a set, and those who are in none
counted as (
  select fingerprint, sum(users) as affected_users
    from (select fingerprint, bit_count(bit_or(users)) as users
            from shown
           where users is not null
           group by fingerprint, tenant_id, part
           union all
          select fingerprint, count(*)
            from (select distinct fingerprint, tenant_id, user_id from shown where user_id is not null) as named
           group by fingerprint) as each
   group by fingerprint
)
select newest.severity,
       newest.error_type,
       newest.operation_name,
       newest.message,
       ranked.occurrences,
       coalesce(counted.affected_users, 0)::bigint as affected_users,
       affected.affected_tenants,
       coalesce(known.status, 'open') as status,
       coalesce(known.first_seen, ranked.first_in_range) as first_seen,
       ranked.last_in_range as last_seen,
       fingerprint
  from ranked
  join affected using (fingerprint)
  left join counted using (fingerprint)
  join newest using (fingerprint)
  left join lateral (
         select status, first_seen
           from fraiseql_observe.error_groups
          where fingerprint = ranked.fingerprint
          order by last_seen desc
          limit 1
       ) as known on true
 order by ranked.occurrences desc, ranked.fingerprint
