-- Until a turn of maintenance that is under way has ended; none begins before this transaction ends.
do $$
begin
  if to_regclass('fraiseql_observe.rollup_state') is not null then
    perform from fraiseql_observe.rollup_state for update;
  end if;
end;
$$;
