-- Until a turn of maintenance that is under way has ended; none begins before this transaction ends. Then both tables
-- that the application writes, at once: its statement locks both, the one or the other first, so that taking one now and
-- one later would be a deadlock. Given up before PostgreSQL looks for one (deadlock_timeout, a second), it is never the
-- application that pays; the set-up tries again, perhaps in the other order.
do $$
declare
  patience text := current_setting('lock_timeout');
  written text[] := array['fraiseql_observe.audit_event', 'fraiseql_observe.error_group'];
  relation text;
begin
  if to_regclass('fraiseql_observe.rollup_state') is not null then
    perform from fraiseql_observe.rollup_state for update;
  end if;
  foreach relation in array case when random() < 0.5 then written else array[written[2], written[1]] end loop
    if to_regclass(relation) is not null then
      execute format('lock table only %s in access exclusive mode', relation);
      perform set_config('lock_timeout', '700ms', true);
    end if;
  end loop;
  perform set_config('lock_timeout', patience, true);
end;
$$;
