-- Transaction ids mean something in one database of one server only: a restored dump is another. Where a server does not
-- tell who it is, the database alone must do.
create or replace function fraiseql_observe.database_identity() returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  here text := (select oid from pg_database where datname = current_database());
begin
  return (select system_identifier from pg_control_system()) || '/' || here;
exception when insufficient_privilege then
  return 'unknown/' || here;
end;
$$;

insert into fraiseql_observe.rollup_state (database, first_transaction, next_transaction, covered_from)
select fraiseql_observe.database_identity(), ended, ended, 'infinity'
  from (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as ended) as now
on conflict do nothing;

-- What a question needs to know: rows from next_transaction on are not in the roll-ups yet, and for a range that begins
-- before covered_from the roll-ups are not whole. In another database than that they were made in they say nothing.
-- A sum over a piece of time that reaches over `cut` lacks what was before.
create or replace view fraiseql_observe.rolled_up as
select next_transaction,
       case when database = fraiseql_observe.database_identity() then covered_from else 'infinity' end as covered_from,
       cut
  from fraiseql_observe.rollup_state;

-- What the roll-ups are made from: the rows that are counted by transaction ...
create or replace view fraiseql_observe.new_event as
select *
  from fraiseql_observe.audit_event
 where isfinite(occurred_at)
   and isfinite(recorded_at); -- others lie in no range, or tell no delay

-- ... and those that are counted by time, newest first, because their transactions tell nothing here.
create or replace view fraiseql_observe.old_event as
select e.*
  from fraiseql_observe.audit_event as e
 where (e.transaction_id is null
        or e.transaction_id < (select first_transaction from fraiseql_observe.rollup_state))
   and e.occurred_at >= (select cut from fraiseql_observe.rollup_state)
   and isfinite(e.occurred_at)
   and isfinite(e.recorded_at);
