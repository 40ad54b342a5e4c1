-- What alerts count and only the audit log knows, as counters that never go back. They count from the set-up on: what was
-- there before would look like a burst. No tenant and no user is in them, so their number is bounded by what is written here.
create table if not exists fraiseql_observe.audit_totals (
  source text not null,
  outcome text not null,
  events bigint not null default 0,
  failed_logins bigint not null default 0,
  denied bigint not null default 0,
  admin_actions bigint not null default 0,
  permission_changes bigint not null default 0,
  primary key (source, outcome)
);

-- Each log that is counted, and until when it was. Ours goes by transactions, so `counted_to` is when it was last looked
-- at. `identity` is that of the database the counters belong to.
create table if not exists fraiseql_observe.audit_totals_source (
  source text primary key,
  counted_to timestamptz not null,
  identity text not null
);

alter table fraiseql_observe.audit_totals enable row level security;
alter table fraiseql_observe.audit_totals_source enable row level security;

-- Which history of which database this is. A restored dump, a copy, and a standby that took over (another timeline) may lack
-- what was counted already: a counter would go back a little, and Prometheus would take all of it for an increase.
create or replace function fraiseql_observe.audit_totals_identity() returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  history text := '';
begin
  begin
    history := (select system_identifier from pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8);
  exception when insufficient_privilege or feature_not_supported or object_not_in_prerequisite_state then
    null; -- some hosted servers tell neither
  end;
  return history || '/' || (select oid from pg_database where datname = current_database()) || '/'
    || 'fraiseql_observe.audit_totals'::regclass::oid;
end;
$$;

-- Whether somebody failed to prove who he is: without a valid token, or in an operation that is named for it.
create or replace function fraiseql_observe.failed_login(outcome text, error_code text, operation_name text)
  returns boolean
  language sql immutable parallel safe
  return outcome in ('failure', 'denied')
     and (coalesce(error_code in ('HTTP_401', 'UNAUTHENTICATED'), false)
          or coalesce(fraiseql_observe.words(operation_name) ~* '\m(log ?(in|on)|sign ?(in|on)|authenticat\w*)\M', false));

-- The logs of FraiseQL that the view reads: its sources are called as their tables are.
create or replace function fraiseql_observe.audit_totals_logs() returns setof text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  select distinct c.relname::text
    from pg_depend as d
    join pg_rewrite as r on r.oid = d.objid and d.classid = 'pg_rewrite'::regclass
    join pg_class as c on c.oid = d.refobjid and d.refclassid = 'pg_class'::regclass
   where r.ev_class = 'fraiseql_observe.audit_events'::regclass
     and c.relkind in ('r', 'p')
     and c.relname <> 'tb_error_log' -- is read beside the log of errors
     and c.relnamespace <> 'fraiseql_observe'::regnamespace
$$;

-- Part of every turn of the roll-up, in its transaction: our rows of the transactions from `first` to before `before`, and
-- of FraiseQL's logs, which do not know their transactions, those whose time is half a minute ago. A row of theirs that is
-- committed later than that after its own time is not counted here.
create or replace function fraiseql_observe.add_totals(first bigint, before bigint) returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
declare
  narrowed_to constant text := current_setting('fraiseql.tenant_id', true);
  settled constant timestamptz := clock_timestamp() - interval '30 seconds';
  of_today constant text := fraiseql_observe.audit_totals_identity();
  -- what counts as what, for every log alike; too many requests are no denied access
  counting constant text := $sql$
    insert into fraiseql_observe.audit_totals as t
           (source, outcome, events, failed_logins, denied, admin_actions, permission_changes)
    select %L,
           outcome,
           count(*),
           count(*) filter (where failed_login),
           count(*) filter (where outcome = 'denied' and not failed_login and error_code is distinct from 'HTTP_429'),
           count(*) filter (where category in ('admin', 'permission')),
           count(*) filter (where category = 'permission' and event_type <> 'access')
      from (select e.outcome,
                   e.category,
                   e.event_type,
                   e.error_code,
                   fraiseql_observe.failed_login(e.outcome, e.error_code, e.operation_name) as failed_login
              from fraiseql_observe.%I as e
             where %s) as added
     group by outcome
        on conflict (source, outcome) do update
       set events = t.events + excluded.events,
           failed_logins = t.failed_logins + excluded.failed_logins,
           denied = t.denied + excluded.denied,
           admin_actions = t.admin_actions + excluded.admin_actions,
           permission_changes = t.permission_changes + excluded.permission_changes
  $sql$;
  log record;
begin
  perform set_config('fraiseql.tenant_id', '', true); -- the view would heed it
  if exists (select from fraiseql_observe.audit_totals_source where identity <> of_today) then
    delete from fraiseql_observe.audit_totals;
    delete from fraiseql_observe.audit_totals_source;
  end if;
  insert into fraiseql_observe.audit_totals_source as s (source, counted_to, identity)
  values ('fraiseql_observe', clock_timestamp(), of_today)
      on conflict (source) do update set counted_to = excluded.counted_to;
  insert into fraiseql_observe.audit_totals_source (source, counted_to, identity)
  select name, settled, of_today from fraiseql_observe.audit_totals_logs() as name
      on conflict (source) do nothing;

  execute format(counting, 'fraiseql_observe', 'new_event', 'e.transaction_id >= $1 and e.transaction_id < $2')
    using first, before;
  for log in
    update fraiseql_observe.audit_totals_source as s
       set counted_to = until.moment
      from fraiseql_observe.audit_totals_source as was
     -- after a long rest not everything at once
     cross join lateral (select least(settled, was.counted_to + interval '1 hour') as moment) as until
     where was.source = s.source
       and s.source <> 'fraiseql_observe'
       and until.moment > was.counted_to
    returning s.source, was.counted_to as counted_from, s.counted_to
  loop
    execute format(
      counting, log.source, 'audit_events',
      format('e.source = %L and not e.superseded and e.occurred_at > $1 and e.occurred_at <= $2', log.source)
    ) using log.counted_from, log.counted_to;
  end loop;
  perform set_config('fraiseql.tenant_id', coalesce(narrowed_to, ''), true);
end;
$$;

-- Rows from before the set-up are rolled up, newest first; counters do not count them.
create or replace function fraiseql_observe.add_totals_between(first timestamptz, before timestamptz) returns void
  language sql
  begin atomic
  end;

-- Everything the backend exports, read in one statement; nothing to a session that is narrowed to tenants, for these are
-- numbers of all of them. With its owner's rights: the reader needs no others.
create or replace function fraiseql_observe.audit_metrics()
  returns table (metric text, labels text[], value double precision)
  language sql stable security definer rows 50
  set search_path = pg_catalog, pg_temp
as $$
  with logs as (
    select s.source, s.counted_to
      from fraiseql_observe.audit_totals_source as s
     -- before the first turn after a fail-over the counters are another history's; a standby only ever follows
     where pg_is_in_recovery() or s.identity = fraiseql_observe.audit_totals_identity()
  ),
  -- every series from the start, so that a rate exists before the first failure
  totals as (
    select l.source, o.outcome, t.events, t.failed_logins, t.denied, t.admin_actions, t.permission_changes
      from logs as l
     cross join unnest(array['success', 'failure', 'noop', 'denied']) as o (outcome)
      left join fraiseql_observe.audit_totals as t on t.source = l.source and t.outcome = o.outcome
  ),
  newest as (
    (select greatest(extract(epoch from e.recorded_at - e.occurred_at), 0) as lag
       from fraiseql_observe.audit_event as e
      where e.occurred_at between now() - interval '15 minutes' and now()
      order by e.occurred_at desc
      limit 100)
     union all
    select greatest(extract(epoch from e.recorded_at - e.occurred_at), 0)
      from fraiseql_observe.audit_events as e
     where e.source <> 'fraiseql_observe'
       and not e.superseded
       and e.occurred_at between now() - interval '1 minute' and now()
  ),
  -- in the order of the table, which is nearly that of time; of two days, so as not to look into every partition
  waiting as (
    select e.recorded_at
      from fraiseql_observe.audit_event as e
     where e.transaction_id >= (select next_transaction from fraiseql_observe.rolled_up)
       and e.occurred_at > now() - interval '2 days'
     limit 1000
  ),
  stray as (
    select from fraiseql_observe.audit_event_default as e where e.occurred_at < now() limit 1000
  )
  select shown.*
    from (
      select 'events', array[source, outcome], coalesce(events, 0)::double precision from totals
       union all
      select 'failed_logins', array[source], coalesce(sum(failed_logins), 0)::double precision from totals group by source
       union all
      select 'denied', array[source], coalesce(sum(denied), 0)::double precision from totals group by source
       union all
      select 'admin_actions', array[source, outcome], coalesce(admin_actions, 0)::double precision from totals
       union all
      select 'permission_changes', array[source, outcome], coalesce(permission_changes, 0)::double precision from totals
       union all
      select 'maintained', '{}', extract(epoch from counted_to)::double precision
        from logs
       where source = 'fraiseql_observe'
       union all
      select 'row_lag', '{}', max(lag)::double precision from newest having count(*) > 0
       union all
      select 'roll_up_lag', '{}', greatest(extract(epoch from now() - min(recorded_at)), 0)::double precision from waiting
       union all
      select 'stray_rows', '{}', count(*)::double precision from stray
       union all
      select 'log_size', '{}', sum(pg_total_relation_size(c.oid))::double precision
        from pg_class as c
       where c.relnamespace = 'fraiseql_observe'::regnamespace
         and c.relkind = 'r'
       union all
      select 'database_size', array[current_database()::text], pg_database_size(current_database())::double precision
    ) as shown (metric, labels, value)
   where nullif(current_setting('fraiseql.tenant_id', true), '') is null
$$;
