-- Which errors happened: by fingerprint, with whom they met and the newest words about them.

create table if not exists fraiseql_observe.rollup_error (
  grain smallint not null, -- hours
  starts_at timestamptz not null,
  tenant_id text not null,
  fingerprint text not null,
  part integer not null, -- of the tenant's users; rows without a user are in the first
  occurrences bigint not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  severity text,
  error_type text,
  operation_name text,
  message text,
  users bit(1024),
  primary key (grain, starts_at, tenant_id, fingerprint, part)
);

-- Which tenants have ever met an error, whatever became of the rows.
create table if not exists fraiseql_observe.rollup_error_tenant (
  tenant_id text not null,
  fingerprint text not null,
  last_seen timestamptz not null,
  primary key (tenant_id, fingerprint)
);

create or replace function fraiseql_observe.add_errors_of(
    first bigint, before bigint, first_time timestamptz, before_time timestamptz
  ) returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
  set work_mem = '64MB'
  set jit = off
as $$
begin
  with met as (
    select e.hour,
           e.tenant_id,
           e.error_fingerprint as fingerprint,
           coalesce(u.number / 1024, 0) as part,
           count(*) as occurrences,
           min(e.occurred_at) as first_seen,
           max(e.occurred_at) as last_seen,
           (array_agg(e.severity order by e.occurred_at desc))[1] as severity,
           (array_agg(e.error_type order by e.occurred_at desc))[1] as error_type,
           (array_agg(e.operation_name order by e.occurred_at desc))[1] as operation_name,
           (array_agg(e.error_message order by e.occurred_at desc))[1] as message,
           bit_or(fraiseql_observe.one_user(u.number)) as users
      from fraiseql_observe.rows_to_add(first, before, first_time, before_time) as e
      left join fraiseql_observe.rollup_user as u using (tenant_id, user_id)
     where e.error_fingerprint is not null
     group by 1, 2, 3, 4
  )
  insert into fraiseql_observe.rollup_error as r
  select g.grain,
         date_bin(g.size, m.hour, 'epoch'::timestamptz),
         m.tenant_id,
         m.fingerprint,
         m.part,
         sum(m.occurrences),
         min(m.first_seen),
         max(m.last_seen),
         (array_agg(m.severity order by m.last_seen desc))[1],
         (array_agg(m.error_type order by m.last_seen desc))[1],
         (array_agg(m.operation_name order by m.last_seen desc))[1],
         (array_agg(m.message order by m.last_seen desc))[1],
         bit_or(m.users)
    from met as m
   cross join fraiseql_observe.grains() as g
   group by 1, 2, 3, 4, 5
   order by 1, 2, 3, 4, 5
      on conflict (grain, starts_at, tenant_id, fingerprint, part) do update
     set occurrences = r.occurrences + excluded.occurrences,
         first_seen = least(r.first_seen, excluded.first_seen),
         last_seen = greatest(r.last_seen, excluded.last_seen),
         severity = case when excluded.last_seen >= r.last_seen then excluded.severity else r.severity end,
         error_type = case when excluded.last_seen >= r.last_seen then excluded.error_type else r.error_type end,
         operation_name = case when excluded.last_seen >= r.last_seen then excluded.operation_name else r.operation_name end,
         message = case when excluded.last_seen >= r.last_seen then excluded.message else r.message end,
         users = coalesce(r.users | excluded.users, r.users, excluded.users);

  insert into fraiseql_observe.rollup_error_tenant as r
  select e.tenant_id, e.error_fingerprint, max(e.occurred_at)
    from fraiseql_observe.rows_to_add(first, before, first_time, before_time) as e
   where e.error_fingerprint is not null
   group by 1, 2
   order by 1, 2
      on conflict (tenant_id, fingerprint) do update
     set last_seen = greatest(r.last_seen, excluded.last_seen);
end;
$$;

create or replace function fraiseql_observe.add_errors(first bigint, before bigint) returns void
  language sql
  set search_path = pg_catalog, pg_temp
as $$ select fraiseql_observe.add_errors_of(first, before, null, null) $$;

create or replace function fraiseql_observe.add_errors_between(first timestamptz, before timestamptz) returns void
  language sql
  set search_path = pg_catalog, pg_temp
as $$ select fraiseql_observe.add_errors_of(null, null, first, before) $$;

-- The errors of a range, many rows a fingerprint. `users` is the set of those who met it, in a part of the tenant's users;
-- a user of a row that is in no roll-up is `user_id`, or a set of one when he is known already.
create or replace function fraiseql_observe.errors(f timestamptz, t timestamptz)
  returns table (
    tenant_id text, fingerprint text, part integer, users bit, user_id text, occurrences bigint, first_seen timestamptz,
    last_seen timestamptz, severity text, error_type text, operation_name text, message text, superseded boolean
  )
  language sql stable parallel safe
as $$
  select r.tenant_id, r.fingerprint, r.part, r.users, null::text, r.occurrences, r.first_seen, r.last_seen, r.severity,
         r.error_type, r.operation_name, r.message, false
    from fraiseql_observe.pieces(f, t) as p
    join fraiseql_observe.rollup_error as r
      on r.grain = p.grain
     and r.starts_at >= p.first
     and r.starts_at < p.before
   where t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
   union all
  select e.tenant_id, e.error_fingerprint, u.number / 1024, fraiseql_observe.one_user(u.number),
         case when u.number is null then e.user_id end, 1, e.occurred_at, e.occurred_at, e.severity, e.error_type,
         e.operation_name, e.error_message, e.superseded
    from fraiseql_observe.not_rolled(fraiseql_observe.rolled_from(f, t), fraiseql_observe.rolled_to(f, t)) as e
    left join fraiseql_observe.rollup_user as u using (tenant_id, user_id)
   where t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
     and e.error_fingerprint is not null
   union all
  select e.tenant_id, e.error_fingerprint, null, null, e.user_id, 1, e.occurred_at, e.occurred_at, e.severity,
         e.error_type, e.operation_name, e.error_message, e.superseded
    from fraiseql_observe.rows_read(f, t) as e
   where e.error_fingerprint is not null
$$;

-- Which tenants met which errors, from all rows, when the roll-ups do not cover them; else none. In PL/pgSQL, so that it is
-- planned when it runs.
create or replace function fraiseql_observe.uncovered_error_tenants()
  returns table (fingerprint text, tenant_id text)
  language plpgsql stable parallel safe
as $$
begin
  if (select r.covered_from from fraiseql_observe.rolled_up as r) > '-infinity' then
    return query
      select distinct e.error_fingerprint, case when e.tenant_id is null then '(none)' else e.tenant_id end
        from fraiseql_observe.audit_event as e
       where e.error_fingerprint is not null;
  end if;
end;
$$;
