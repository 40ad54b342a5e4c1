-- Who verifies hash chains reads what was hashed, also the data itself: more than dashboards may.
do $$
begin
  if to_regrole('fraiseql_observe_verifier') is null then
    create role fraiseql_observe_verifier nologin;
  end if;
exception when duplicate_object or unique_violation then null;
end;
$$;
grant usage on schema {schema} to fraiseql_observe_verifier;
grant select ({columns}) on {relation} to fraiseql_observe_verifier;
