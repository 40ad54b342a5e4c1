-- The roll-ups are kept in turns. A turn takes the rows of all transactions that ended since the last one: rows whose
-- transaction_id is below the oldest transaction still running cannot come any more, and are there or never will be.
-- So each row is added exactly once, however transactions overlap, and a turn is one transaction: all of it or nothing.

-- Begin anew, for other roll-ups than before or in another database. What retention dropped stays as it is.
create or replace function fraiseql_observe.restart_roll_ups() returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
  set timezone = 'UTC'
  set lock_timeout = '2s'
as $$
declare
  kept_from timestamptz;
  state fraiseql_observe.rollup_state;
begin
  select * into strict state from fraiseql_observe.rollup_state for update;
  kept_from := state.dropped_before;
  if state.database <> fraiseql_observe.database_identity() then
    -- ids of this database lie above all of that one, whatever their own numbers are
    state.epoch := state.epoch + 1;
    execute format(
      'alter table fraiseql_observe.audit_event alter column transaction_id
         set default (pg_current_xact_id()::text::bigint + %s)', state.epoch * (2::bigint ^ 48)::bigint);
    state.next_transaction := state.epoch * (2::bigint ^ 48)::bigint;
  end if;
{emptying}
  update fraiseql_observe.rollup_state as s
     set database = fraiseql_observe.database_identity(),
         epoch = state.epoch,
         first_transaction = state.next_transaction,
         next_transaction = state.next_transaction,
         covered_from = 'infinity',
         cut = kept_from,
         families = {families};
end;
$$;

-- Drop roll-ups of before an instant.
create or replace function fraiseql_observe.forget_roll_ups(before timestamptz) returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
  set timezone = 'UTC'
as $$
begin
{forgetting}
end;
$$;

-- A turn: about max_rows rows into the roll-ups, new ones before old ones; a transaction is never split. Gives how many;
-- 0 when there is nothing to do, null when another maintainer is at work.
create or replace function fraiseql_observe.roll_up(max_rows integer default 50000) returns bigint
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
  set timezone = 'UTC'
as $$
declare
  state fraiseql_observe.rollup_state;
  ended bigint; -- all transactions below have
  before bigint;
  added bigint := 0;
  old_rows bigint := 0;
  old_from timestamptz;
begin
  if not fraiseql_observe.take_maintenance() then
    return null;
  end if;
  max_rows := least(greatest(max_rows, 1), 1000000);
  select * into strict state from fraiseql_observe.rollup_state for update;
  if state.database <> fraiseql_observe.database_identity() then
    perform fraiseql_observe.restart_roll_ups();
    select * into strict state from fraiseql_observe.rollup_state;
  end if;
  ended := pg_snapshot_xmin(pg_current_snapshot())::text::bigint + state.epoch * (2::bigint ^ 48)::bigint;

  before := ended;
  loop
    select count(*)
      into added
      from (select from fraiseql_observe.audit_event as e
             where e.transaction_id >= state.next_transaction
               and e.transaction_id < before
             limit max_rows + 1) as e;
    exit when added <= max_rows or before <= state.next_transaction + 1;
    -- too many: begin with twice the step of last time, then halve
    before := state.next_transaction
            + case when before = ended then least(2 * state.step, (ended - state.next_transaction + 1) / 2)
                   else (before - state.next_transaction) / 2 end;
    state.step := before - state.next_transaction;
  end loop;
  if added > max_rows then -- a large transaction
    select count(*)
      into added
      from fraiseql_observe.audit_event as e
     where e.transaction_id >= state.next_transaction
       and e.transaction_id < before;
  end if;
  if added > 0 then
{adding}
  end if;
{adding_always}

  if before = ended and added < max_rows and state.covered_from > '-infinity' then
    select count(*), min(e.occurred_at)
      into old_rows, old_from
      from (select o.occurred_at
              from fraiseql_observe.old_event as o
             where o.occurred_at < state.covered_from
             order by o.occurred_at desc
             limit max_rows - added) as e;
    if old_rows < max_rows - added then
      old_from := '-infinity';
    end if;
    if old_rows > 0 then
{adding_old}
    end if;
    state.covered_from := old_from;
  end if;

  update fraiseql_observe.rollup_state as s
     set next_transaction = greatest(before, state.next_transaction),
         step = greatest(state.step, 1),
         covered_from = state.covered_from;
  return added + old_rows;
end;
$$;
