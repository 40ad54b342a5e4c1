-- New rows say which transaction wrote them; those there are stay without. No row is touched.
do $$
begin
  if (select relkind = 'r' from pg_class where oid = 'fraiseql_observe.audit_event'::regclass)
     and not exists (select from pg_attribute
                      where attrelid = 'fraiseql_observe.audit_event'::regclass and attname = 'transaction_id') then
    alter table fraiseql_observe.audit_event add column transaction_id bigint;
    alter table fraiseql_observe.audit_event
      alter column transaction_id set default (pg_current_xact_id()::text::bigint);
  end if;
end;
$$;
