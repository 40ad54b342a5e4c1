-- ---
-- title: Compliance status
-- description: >-
--   The checks that an auditor asks for first, each with what was measured, its limits and a verdict: ok, warning or
--   violation, worst first. A violation needs an explanation in writing or a mend.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
-- columns:
--   status: {title: Status, type: string}
--   check_name: {title: Check, type: string}
--   measured: {title: Measured, type: string}
--   warning_above: {title: Warning above, type: string}
--   violation_above: {title: Violation above, type: string}
--   meaning: {title: What it means, type: string}
-- ---
with events as (
  select coalesce(sum(requests), 0)::double precision as total,
         coalesce(sum(late), 0) as late,
         max(longest_delay) as longest_delay,
         coalesce(sum(denied), 0) as denied,
         coalesce(sum(anonymous), 0) as anonymous,
         coalesce(sum(changes), 0) as changes,
         coalesce(sum(anonymous_changes), 0) as anonymous_changes,
         coalesce(sum(anonymous_permission_changes), 0) as anonymous_permission_changes,
         coalesce(sum(failed_admin_actions), 0) as failed_admin_actions
    from fraiseql_observe.traffic(:from::timestamptz, :to::timestamptz)
   where tenant_id = any(:tenants::text[])
),
errors as (
  select count(*) as unresolved_critical
    from fraiseql_observe.error_groups as g
   where status <> 'resolved'
     and severity = 'critical'
     and first_seen <= :to::timestamptz
     and (not has_events
          or fingerprint in (select fingerprint from fraiseql_observe.error_tenants where tenant_id = any(:tenants::text[])))
),
-- the one place of these limits; factor, digits and suffix say how a value is written, none of them yes or no
checks (position, check_name, measured, warning_above, violation_above, factor, digits, suffix, meaning) as (
  select 1, 'No audit row in the whole range', (total = 0)::integer::double precision, 0.0, 0.0, null::integer, null::integer,
         null, 'nothing is recorded: the instrument is off, or the tenant was idle'
    from events
   union all
  select 2, 'Rows written later than 5 seconds', coalesce(late / nullif(total, 0), 0), 0.0, 0.01, 100, 2, ' %',
         'an event counts as lost until it is written'
    from events
   union all
  select 3, 'Longest delay of a row', coalesce(longest_delay, 0), 5.0, 60.0, 1, 1, ' s',
         'how much a crash at the worst moment would have lost'
    from events
   union all
  select 4, 'Denied operations', coalesce(denied / nullif(total, 0), 0), 0.01, 0.05, 100, 2, ' %',
         'wrong roles, or somebody trying doors'
    from events
   union all
  select 5, 'Operations without an identified user', coalesce(anonymous / nullif(total, 0), 0), 0.05, 0.5, 100, 2, ' %',
         'nobody can be held to account for them'
    from events
   union all
  select 6, 'Changes without an identified user', coalesce(anonymous_changes / nullif(changes, 0)::double precision, 0),
         0.0, 0.05, 100, 2, ' %', 'data was changed and nobody can say by whom'
    from events
   union all
  select 7, 'Permission changes without an identified user', anonymous_permission_changes, 0.0, 0.0, 1, 0, '',
         'rights were given or taken and nobody can say by whom'
    from events
   union all
  select 8, 'Admin actions that failed or were denied', failed_admin_actions, 0.0, 10.0, 1, 0, '',
         'a mistake, or an attempt to gain rights'
    from events
   union all
  select 9, 'Critical errors not resolved', unresolved_critical, 0.0, 5.0, 1, 0, '',
         'known damage that nobody has closed'
    from errors
),
verdicts as (
  select *,
         case
           when measured > violation_above then 'violation'
           when measured > warning_above then 'warning'
           else 'ok'
         end as status
    from checks
)
select status,
       check_name,
       coalesce(
         trim_scale(round((measured * factor)::numeric, digits)) || suffix, case when measured > 0 then 'yes' else 'no' end
       ) as measured,
       trim_scale(round((warning_above * factor)::numeric, digits)) || suffix as warning_above,
       trim_scale(round((violation_above * factor)::numeric, digits)) || suffix as violation_above,
       meaning
  from verdicts
 order by array_position(array['violation', 'warning', 'ok'], status), position
