-- How complex the operations were, in the bands of the histogram fraiseql_graphql_query_complexity.

create table if not exists fraiseql_observe.rollup_complexity (
  grain smallint not null, -- hours
  starts_at timestamptz not null,
  tenant_id text not null,
  band integer not null,
  part integer not null, -- of the tenant's users; rows without a user are in the first
  operations bigint not null,
  users bit(1024),
  primary key (grain, starts_at, tenant_id, band, part)
);

-- The number of upper bounds below a complexity.
create or replace function fraiseql_observe.complexity_band(complexity integer) returns integer
  language sql immutable parallel safe
  return width_bucket(complexity - 0.5, array[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]::numeric[]);

create or replace function fraiseql_observe.add_complexity_of(
    first bigint, before bigint, first_time timestamptz, before_time timestamptz
  ) returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
  set work_mem = '64MB'
  set jit = off
as $$
begin
  with hourly as (
    select e.hour,
           e.tenant_id,
           fraiseql_observe.complexity_band(e.complexity) as band,
           coalesce(u.number / 1024, 0) as part,
           count(*) as operations,
           bit_or(fraiseql_observe.one_user(u.number)) as users
      from fraiseql_observe.rows_to_add(first, before, first_time, before_time) as e
      left join fraiseql_observe.rollup_user as u using (tenant_id, user_id)
     where e.complexity is not null
     group by 1, 2, 3, 4
  )
  insert into fraiseql_observe.rollup_complexity as r
  select g.grain, date_bin(g.size, h.hour, 'epoch'::timestamptz), h.tenant_id, h.band, h.part, sum(h.operations), bit_or(h.users)
    from hourly as h
   cross join fraiseql_observe.grains() as g
   group by 1, 2, 3, 4, 5
   order by 1, 2, 3, 4, 5
      on conflict (grain, starts_at, tenant_id, band, part) do update
     set operations = r.operations + excluded.operations,
         users = coalesce(r.users | excluded.users, r.users, excluded.users);
end;
$$;

create or replace function fraiseql_observe.add_complexity(first bigint, before bigint) returns void
  language sql
  set search_path = pg_catalog, pg_temp
as $$ select fraiseql_observe.add_complexity_of(first, before, null, null) $$;

create or replace function fraiseql_observe.add_complexity_between(first timestamptz, before timestamptz) returns void
  language sql
  set search_path = pg_catalog, pg_temp
as $$ select fraiseql_observe.add_complexity_of(null, null, first, before) $$;

-- The operations of a range by their band of complexity, with their users as sets (see user_sets).
create or replace function fraiseql_observe.complexities(f timestamptz, t timestamptz)
  returns table (tenant_id text, band integer, part text, operations bigint, users bit)
  language sql stable parallel safe
as $$
  select e.tenant_id, fraiseql_observe.complexity_band(e.complexity), e.user_id, count(*),
         case when e.user_id is not null then 1::bit(1024) end
    from fraiseql_observe.rows_read(f, t) as e
   where e.complexity is not null
     and not e.superseded
   group by 1, 2, e.user_id
   union all
  select r.tenant_id, r.band, r.part::text, r.operations, r.users
    from fraiseql_observe.pieces(f, t) as p
    join fraiseql_observe.rollup_complexity as r
      on r.grain = p.grain and r.starts_at >= p.first and r.starts_at < p.before
   where t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
   union all
  select e.tenant_id, fraiseql_observe.complexity_band(e.complexity),
         coalesce((u.number / 1024)::text, 'user ' || e.user_id),
         1::bigint,
         coalesce(fraiseql_observe.one_user(u.number), case when e.user_id is not null then 1::bit(1024) end)
    from fraiseql_observe.not_rolled(fraiseql_observe.rolled_from(f, t), fraiseql_observe.rolled_to(f, t)) as e
    left join fraiseql_observe.rollup_user as u using (tenant_id, user_id)
   where e.complexity is not null
     and not e.superseded
     and t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
$$;
