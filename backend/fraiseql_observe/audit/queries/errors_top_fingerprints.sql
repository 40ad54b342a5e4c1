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
with ranked as (
  select error_fingerprint as fingerprint,
         count(*) as occurrences,
         count(distinct (tenant_id, user_id)) filter (where user_id is not null) as affected_users,
         count(distinct tenant_id) as affected_tenants,
         -- the newest row speaks for the group: its message belongs to one of the selected tenants
         (array_agg(severity order by occurred_at desc))[1] as severity,
         (array_agg(error_type order by occurred_at desc))[1] as error_type,
         (array_agg(operation_name order by occurred_at desc))[1] as operation_name,
         (array_agg(error_message order by occurred_at desc))[1] as message,
         min(occurred_at) as first_in_range,
         max(occurred_at) as last_in_range
    from fraiseql_observe.audit_events
   where occurred_at between :from::timestamptz and :to::timestamptz
     and tenant_id = any(:tenants::text[])
     and error_fingerprint is not null
     and not superseded
   group by error_fingerprint
   order by occurrences desc, fingerprint
   limit :limit::integer
)
select ranked.severity,
       ranked.error_type,
       ranked.operation_name,
       ranked.message,
       ranked.occurrences,
       ranked.affected_users,
       ranked.affected_tenants,
       coalesce(known.status, 'open') as status,
       coalesce(known.first_seen, ranked.first_in_range) as first_seen,
       ranked.last_in_range as last_seen,
       ranked.fingerprint
  from ranked
  left join lateral (
         select status, first_seen
           from fraiseql_observe.error_groups
          where fingerprint = ranked.fingerprint
          order by last_seen desc
          limit 1
       ) as known on true
 order by ranked.occurrences desc, ranked.fingerprint
