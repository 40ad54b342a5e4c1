-- Reads the log once; nobody waits for it.
do $$
begin
  if exists (select from pg_constraint
              where conrelid = 'fraiseql_observe.audit_event'::regclass
                and conname = 'audit_event_upgrade' and not convalidated) then
    alter table fraiseql_observe.audit_event validate constraint audit_event_upgrade;
  end if;
end;
$$;
