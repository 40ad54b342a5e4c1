-- How maintenance stands; covered_from is null when the roll-ups hold everything or nothing. Rows behind and in the
-- default partition are counted up to 100000.
drop function if exists fraiseql_observe.maintenance_status();
create or replace function fraiseql_observe.maintenance_status()
  returns table (
    behind_rows bigint, behind_seconds double precision, covered boolean, covered_from timestamptz, default_rows bigint,
    partitions bigint, partitions_ahead bigint, partitions_overdue bigint
  )
  language sql stable security definer rows 1
  set search_path = pg_catalog, pg_temp
  set timezone = 'UTC'
as $$
  select behind.n,
         coalesce(greatest(extract(epoch from clock_timestamp() - behind.oldest), 0), 0)::double precision,
         state.covered_from = '-infinity',
         case when isfinite(state.covered_from) then state.covered_from end,
         (select count(*) from (select from fraiseql_observe.audit_event_default limit 100000) as e),
         count(*),
         count(*) filter (where p.lower > clock_timestamp()),
         count(*) filter (where setting.retention > '0'
                            and p.upper <= date_trunc('day', clock_timestamp() - setting.retention))
    from fraiseql_observe.maintenance_setting as setting
   cross join fraiseql_observe.rolled_up as state
   cross join lateral (
          select count(*) as n, min(e.recorded_at) as oldest
            from (select e.recorded_at
                    from fraiseql_observe.audit_event as e
                   where e.transaction_id >= state.next_transaction
                   limit 100000) as e) as behind
    left join fraiseql_observe.partitions() as p on true
   group by behind.n, behind.oldest, state.covered_from, setting.retention
$$;
