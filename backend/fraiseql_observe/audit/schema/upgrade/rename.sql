-- Everybody waits for the audit log now, until the end of this transaction; nothing here reads its rows.
do $$
declare
  name text;
  index text;
begin
  if not exists (select from pg_constraint
                  where conrelid = 'fraiseql_observe.audit_event'::regclass
                    and conname = 'audit_event_upgrade' and convalidated) then
    raise exception 'the audit log is not ready for its upgrade: run the steps before this one first';
  end if;
  select 'audit_event_before_' || to_char(boundary at time zone 'UTC', 'YYYYMMDD') into name from fraiseql_observe.upgrade;
  drop trigger set_aside on fraiseql_observe.audit_event;
  drop function fraiseql_observe.set_aside();
  for index in
    select c.relname
      from pg_index as i
      join pg_class as c on c.oid = i.indexrelid
     where i.indrelid = 'fraiseql_observe.audit_event'::regclass and c.relname like 'audit\_event\_%'
  loop
    execute format('alter index fraiseql_observe.%I rename to %I', index,
                   name || substr(index, length('audit_event') + 1));
  end loop;
  drop policy if exists reader_select on fraiseql_observe.audit_event;
  drop policy if exists writer_insert on fraiseql_observe.audit_event;
  drop policy if exists writer_select on fraiseql_observe.audit_event;
  execute format('alter table fraiseql_observe.audit_event rename to %I', name);
end;
$$;
