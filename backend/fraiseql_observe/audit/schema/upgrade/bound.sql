-- The log of version 1 becomes one partition, that of everything before a day soon to come. So that PostgreSQL need not
-- read it whole while everybody waits, a constraint says so first, and is proved beside the traffic by the next step.
-- A row dated behind that day (or written when an upgrade was given up half-way) is not refused: it is set aside in what
-- becomes the default partition.
do $$
declare
  boundary timestamptz := date_trunc('day', clock_timestamp(), 'UTC') + interval '48 hours';
  ahead bigint;
begin
  if (select relkind <> 'r' from pg_class where oid = 'fraiseql_observe.audit_event'::regclass)
     or to_regclass('fraiseql_observe.upgrade') is not null then
    return;
  end if;
  lock table fraiseql_observe.audit_event in access exclusive mode;
  select count(*) into ahead from fraiseql_observe.audit_event where occurred_at >= boundary;
  if ahead > 100000 then
    raise exception '% rows of the audit log are dated after %', ahead, boundary;
  end if;
  create table fraiseql_observe.upgrade as select boundary;
  create table fraiseql_observe.audit_event_default
    (like fraiseql_observe.audit_event including defaults including constraints, primary key (occurred_at, event_id));
  alter table fraiseql_observe.audit_event_default enable row level security;
  revoke all on fraiseql_observe.upgrade, fraiseql_observe.audit_event_default
    from public, fraiseql_observe_reader, fraiseql_observe_writer;
  with moved as (delete from fraiseql_observe.audit_event where occurred_at >= boundary returning *)
  insert into fraiseql_observe.audit_event_default select * from moved;
  create function fraiseql_observe.set_aside() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
  as $body$
  begin
    insert into fraiseql_observe.audit_event_default select new.* on conflict do nothing;
    return null;
  end;
  $body$;
  revoke all on function fraiseql_observe.set_aside() from public;
  execute format('create trigger set_aside before insert on fraiseql_observe.audit_event
                    for each row when (new.occurred_at >= %L) execute function fraiseql_observe.set_aside()', boundary);
  execute format('alter table fraiseql_observe.audit_event
                    add constraint audit_event_upgrade check (occurred_at < %L) not valid', boundary);
end;
$$;
