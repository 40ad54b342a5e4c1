-- The partitions of the log, without the default one; an open end is infinite.
create or replace function fraiseql_observe.partitions()
  returns table (name text, lower timestamptz, upper timestamptz)
  language sql stable
  set search_path = pg_catalog, pg_temp
  set timezone = 'UTC'
  set datestyle = 'ISO'
as $$
  select c.relname::text,
         coalesce((regexp_match(bound, 'FROM \(''([^'']+)''\)'))[1]::timestamptz, '-infinity'),
         coalesce((regexp_match(bound, 'TO \(''([^'']+)''\)'))[1]::timestamptz, 'infinity')
    from pg_inherits as i
    join pg_class as c on c.oid = i.inhrelid
   cross join lateral pg_get_expr(c.relpartbound, c.oid) as bound
   where i.inhparent = 'fraiseql_observe.audit_event'::regclass
     and bound <> 'DEFAULT'
$$;

-- Make the partition for an instant, together with the rows that lie in the default partition for it; false when there
-- is one. Writers are kept waiting for the attaching alone, and at most for the lock time-out.
create or replace function fraiseql_observe.make_partition(at timestamptz) returns boolean
  language plpgsql
  set search_path = pg_catalog, pg_temp
  set timezone = 'UTC'
  set lock_timeout = '500ms'
as $$
declare
  unit text := (select partition_by from fraiseql_observe.maintenance_setting);
  since timestamptz := date_trunc(unit, at);
  until timestamptz := date_trunc(unit, at) + ('1 ' || unit)::interval;
  partition text;
  moving text;
begin
  if exists (select from fraiseql_observe.partitions() as p where at >= p.lower and at < p.upper) then
    return false;
  end if;
  -- other intervals may have been chosen before
  since := greatest(since, (select max(p.upper) from fraiseql_observe.partitions() as p where p.upper <= at));
  until := least(until, (select min(p.lower) from fraiseql_observe.partitions() as p where p.lower > at));
  partition := 'audit_event_' || to_char(since, 'YYYYMMDD');
  moving := format(
    'with moved as (delete from fraiseql_observe.audit_event_default where occurred_at >= %L and occurred_at < %L returning *)
     insert into fraiseql_observe.%I select * from moved',
    since, until, partition);
  execute format(
    'create table fraiseql_observe.%I (like fraiseql_observe.audit_event including defaults including constraints,
       constraint within check (occurred_at >= %L and occurred_at < %L))', -- so that attaching need not read it
    partition, since, until);
  execute format(
    'revoke all on fraiseql_observe.%I from public, fraiseql_observe_reader, fraiseql_observe_writer', partition);
  execute format('alter table fraiseql_observe.%I enable row level security', partition);
  execute moving; -- nobody waits for this, however many rows there are
  lock table fraiseql_observe.audit_event_default in access exclusive mode;
  execute moving; -- what came meanwhile
  execute format(
    'alter table fraiseql_observe.audit_event attach partition fraiseql_observe.%I for values from (%L) to (%L)',
    partition, since, until);
  execute format('alter table fraiseql_observe.%I drop constraint within', partition);
  return true;
end;
$$;

-- One maintainer at a time, whoever runs it and from wherever, until the end of the transaction. A row's lock, because
-- an advisory one could be held by anybody.
create or replace function fraiseql_observe.take_maintenance() returns boolean
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform from fraiseql_observe.rollup_state for update skip locked;
  return found;
end;
$$;

-- Sum up the last pages of the partitions whose time was over lately, which neither autosummarize nor VACUUM does: a range
-- of pages that is not summed up is read by whoever looks for rows that no roll-up holds yet.
create or replace function fraiseql_observe.close_block_ranges() returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '100ms'
as $$
begin
  perform brin_summarize_new_values(i.indexrelid)
     from (select * from fraiseql_observe.partitions() where upper <= clock_timestamp() order by upper desc limit 8) as p
     join pg_class as c on c.relname = p.name and c.relnamespace = 'fraiseql_observe'::regnamespace
     join pg_index as i on i.indrelid = c.oid and i.indisvalid
     join pg_class as x on x.oid = i.indexrelid
     join pg_am as m on m.oid = x.relam and m.amname = 'brin';
exception when lock_not_available then
  null; -- VACUUM is at work; the next turn does it
end;
$$;

-- The partition of now and those ahead, without a gap. Gives how many were made; null when another maintainer is at work.
create or replace function fraiseql_observe.make_partitions() returns integer
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
  set timezone = 'UTC'
as $$
declare
  keeping fraiseql_observe.maintenance_setting := (select s from fraiseql_observe.maintenance_setting as s);
  at timestamptz := clock_timestamp();
  until timestamptz := clock_timestamp() + keeping.ahead * ('1 ' || keeping.partition_by)::interval;
  made integer := 0;
begin
  if not fraiseql_observe.take_maintenance() then
    return null;
  end if;
  while at <= until loop
    made := made + fraiseql_observe.make_partition(at)::integer;
    select p.upper into strict at from fraiseql_observe.partitions() as p where at >= p.lower and at < p.upper;
  end loop;
  perform fraiseql_observe.close_block_ranges();
  return made;
end;
$$;

-- Give rows of the default partition a partition of their own, the oldest first: one partition a call. Rows dated ahead
-- of all partitions wait for theirs; a clock gone mad does not fill the catalogue, for there are never more than 3000
-- partitions of the past. Gives how many were made; null when another maintainer is at work.
create or replace function fraiseql_observe.empty_default() returns integer
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  oldest timestamptz;
begin
  if not fraiseql_observe.take_maintenance() then
    return null;
  end if;
  select min(e.occurred_at)
    into oldest
    from fraiseql_observe.audit_event_default as e
   where e.occurred_at > '-infinity'
     and e.occurred_at < clock_timestamp();
  if oldest is null or (select count(*) >= 3000 from fraiseql_observe.partitions()) then
    return 0;
  end if;
  return fraiseql_observe.make_partition(oldest)::integer;
end;
$$;

-- Drop what is older than the retention: one partition a call. What the roll-ups do not hold yet stays. Gives how many
-- partitions were dropped, 0 also when somebody reads the log just now; null when another maintainer is at work.
create or replace function fraiseql_observe.apply_retention(max_rows integer default 50000) returns integer
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
  set timezone = 'UTC'
  set lock_timeout = '500ms'
as $$
declare
  keeping fraiseql_observe.maintenance_setting := (select s from fraiseql_observe.maintenance_setting as s);
  state fraiseql_observe.rollup_state;
  cutoff timestamptz := date_trunc('day', clock_timestamp() - keeping.retention);
  oldest record;
  waiting boolean;
begin
  if not fraiseql_observe.take_maintenance() then
    return null;
  end if;
  select * into strict state from fraiseql_observe.rollup_state;
  if keeping.rollup_retention > '0' then
    perform fraiseql_observe.forget_roll_ups(date_trunc('day', clock_timestamp() - keeping.rollup_retention));
  end if;
  select * into oldest from fraiseql_observe.partitions() as p order by p.lower limit 1;
  if keeping.retention = '0' or oldest.lower >= cutoff or state.covered_from > oldest.lower then
    return 0;
  end if;
  execute format('select exists (select from fraiseql_observe.%I where transaction_id >= %L)',
                 oldest.name, state.next_transaction) into waiting;
  if waiting then
    return 0;
  end if;
  if oldest.upper <= cutoff then
    begin
      execute format('drop table fraiseql_observe.%I', oldest.name);
    exception when lock_not_available then
      return 0;
    end;
    update fraiseql_observe.rollup_state set dropped_before = greatest(dropped_before, oldest.upper);
    return 1;
  end if;
  if oldest.lower = '-infinity' then
    -- the partition that was the whole log of version 1 reaches over many intervals
    update fraiseql_observe.rollup_state set dropped_before = greatest(dropped_before, cutoff);
    execute format(
      'delete from fraiseql_observe.%I as e
        where e.ctid = any (array(select ctid from fraiseql_observe.%I where occurred_at < %L order by occurred_at limit %s))',
      oldest.name, oldest.name, cutoff, max_rows);
  end if;
  return 0;
end;
$$;
