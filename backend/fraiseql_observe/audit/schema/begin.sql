-- Other roll-ups than before are made anew; and rows of now need a partition.
do $$
begin
  if (select families <> {families} from fraiseql_observe.rollup_state) then
    perform fraiseql_observe.restart_roll_ups();
  end if;
  perform fraiseql_observe.make_partitions();
end;
$$;
