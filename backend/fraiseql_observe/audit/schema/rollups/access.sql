-- Who accessed what: by tenant, user and entity, for days and longer. Hours are not kept: they would be nearly as many as the
-- rows.

create table if not exists fraiseql_observe.rollup_access (
  starts_at timestamptz not null,
  first_access timestamptz not null,
  last_access timestamptz not null,
  user_key integer not null, -- see rollup_user; 0 are the rows of a tenant without a user
  requests integer not null,
  reads integer not null,
  changes integer not null,
  denied integer not null,
  grain smallint not null, -- hours
  tenant_id text not null,
  entity text not null,
  primary key (user_key, entity, grain, starts_at, tenant_id)
);
-- the busiest of a piece of time
create index if not exists rollup_access_requests
  on fraiseql_observe.rollup_access (grain, starts_at, tenant_id, requests desc);

create or replace function fraiseql_observe.add_access_of(
    first bigint, before bigint, first_time timestamptz, before_time timestamptz
  ) returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
  set work_mem = '64MB'
  set jit = off
as $$
begin
  with daily as (
    select date_bin('24 hours', e.hour, 'epoch'::timestamptz) as day,
           e.tenant_id,
           e.user_id,
           e.entity,
           count(*) as requests,
           count(*) filter (where e.event_type = 'access' and e.outcome <> 'denied') as reads,
           count(*) filter (where e.event_type <> 'access' and e.outcome <> 'denied') as changes,
           count(*) filter (where e.outcome = 'denied') as denied,
           min(e.occurred_at) as first_access,
           max(e.occurred_at) as last_access
      from fraiseql_observe.rows_to_add(first, before, first_time, before_time) as e
     where e.entity is not null
     group by 1, 2, 3, 4
  )
  insert into fraiseql_observe.rollup_access as r
         (grain, starts_at, tenant_id, user_key, entity, requests, reads, changes, denied, first_access, last_access)
  select g.grain, date_bin(g.size, d.day, 'epoch'::timestamptz), d.tenant_id, coalesce(u.user_key, 0), d.entity,
         sum(d.requests), sum(d.reads), sum(d.changes), sum(d.denied), min(d.first_access), max(d.last_access)
    from daily as d
    left join fraiseql_observe.rollup_user as u using (tenant_id, user_id)
   cross join fraiseql_observe.grains() as g
   where g.grain >= 24
   group by 1, 2, 3, 4, 5
   order by 4, 5, 1, 2, 3
      on conflict (user_key, entity, grain, starts_at, tenant_id) do update
     set requests = r.requests + excluded.requests,
         reads = r.reads + excluded.reads,
         changes = r.changes + excluded.changes,
         denied = r.denied + excluded.denied,
         first_access = least(r.first_access, excluded.first_access),
         last_access = greatest(r.last_access, excluded.last_access);
end;
$$;

create or replace function fraiseql_observe.add_access(first bigint, before bigint) returns void
  language sql
  set search_path = pg_catalog, pg_temp
as $$ select fraiseql_observe.add_access_of(first, before, null, null) $$;

create or replace function fraiseql_observe.add_access_between(first timestamptz, before timestamptz) returns void
  language sql
  set search_path = pg_catalog, pg_temp
as $$ select fraiseql_observe.add_access_of(null, null, first, before) $$;

-- The busiest users and entities of a range, at most so many. Over more than 7 days they are found without adding all of
-- them up, by a threshold as in Fagin's algorithm: a pair among the first N has, in one of the pieces at least, its share of
-- what the N-th has in all. So only pairs with such a piece are added up. The N-th is estimated from below, which is safe.
create or replace function fraiseql_observe.busiest_access(f timestamptz, t timestamptz, tenants text[], most integer)
  returns table (
    tenant_id text, user_id text, entity text, requests bigint, reads bigint, changes bigint, denied bigint,
    first_access timestamptz, last_access timestamptz
  )
  language sql stable parallel safe
as $$
  with places as materialized (
    select p.grain,
           generate_series(p.first, p.before - p.grain * interval '1 hour', p.grain * interval '1 hour') as starts_at
      from fraiseql_observe.pieces(f, t) as p
     where t - f > interval '7 days'
       and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
  ),
  loose as materialized (
    select e.tenant_id,
           e.user_id,
           case when t - f > interval '7 days' then case when e.user_id is null then 0 else u.user_key end end as user_key,
           e.entity,
           count(*) as requests,
           count(*) filter (where e.event_type = 'access' and e.outcome <> 'denied') as reads,
           count(*) filter (where e.event_type <> 'access' and e.outcome <> 'denied') as changes,
           count(*) filter (where e.outcome = 'denied') as denied,
           min(e.occurred_at) as first_access,
           max(e.occurred_at) as last_access
      from (select n.occurred_at, n.tenant_id, n.user_id, n.entity, n.event_type, n.outcome, n.superseded
              from fraiseql_observe.not_rolled(fraiseql_observe.rolled_from(f, t), fraiseql_observe.rolled_to(f, t)) as n
             where t - f > interval '7 days'
               and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
             union all
            select a.occurred_at, a.tenant_id, a.user_id, a.entity, a.event_type, a.outcome, a.superseded
              from fraiseql_observe.rows_read(f, t) as a
             union all
            -- hours are not kept
            select a.occurred_at, a.tenant_id, a.user_id, a.entity, a.event_type, a.outcome, a.superseded
              from fraiseql_observe.audit_events as a
             where t - f > interval '6 hours'
               and t - f <= interval '7 days'
               and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
               and a.occurred_at between f and t) as e
      left join fraiseql_observe.rollup_user as u
        on t - f > interval '7 days'
       and u.tenant_id = e.tenant_id
       and u.user_id = e.user_id
     where e.entity is not null
       and e.tenant_id = any(tenants)
       and not e.superseded
     group by 1, 2, 3, 4
  ),
  -- the sums of some: no more than what these have in all
  sampled as (
    select sum(r.requests) as requests
      from places as p
     cross join unnest(tenants) as tenant (id)
     cross join lateral (
            select a.tenant_id, a.user_key, a.entity, a.requests
              from fraiseql_observe.rollup_access as a
             where a.grain = p.grain
               and a.starts_at = p.starts_at
               and a.tenant_id = tenant.id
             order by a.requests desc
             limit greatest(least(most, 10 * most / greatest(cardinality(tenants), 1)), 1)
           ) as r
     group by r.tenant_id, r.user_key, r.entity
     order by 1 desc
     limit most
  ),
  least_share as materialized (
    -- the rows that are in no piece count as one
    select case when count(*) < most then 1 else ceil(min(requests) / (select count(*) + 1 from places)) end::bigint as requests
      from sampled
  ),
  candidates as (
    select r.tenant_id, r.user_key, r.entity
      from places as p
     cross join unnest(tenants) as tenant (id)
     cross join lateral (
            select a.tenant_id, a.user_key, a.entity
              from fraiseql_observe.rollup_access as a
             where a.grain = p.grain
               and a.starts_at = p.starts_at
               and a.tenant_id = tenant.id
               and a.requests >= (select requests from least_share)
            offset 0 -- each by the index
           ) as r
     union
    select l.tenant_id, l.user_key, l.entity
      from loose as l
     where l.requests >= (select requests from least_share)
       and l.user_key is not null
  ),
  parts as (
    select c.tenant_id, c.user_key, null::text as user_id, c.entity, r.*
      from candidates as c
     cross join lateral (
            select sum(a.requests) as requests, sum(a.reads) as reads, sum(a.changes) as changes, sum(a.denied) as denied,
                   min(a.first_access) as first_access, max(a.last_access) as last_access
              from places as p
              join fraiseql_observe.rollup_access as a
                on a.user_key = c.user_key
               and a.entity = c.entity
               and a.grain = p.grain
               and a.starts_at = p.starts_at
               and a.tenant_id = c.tenant_id
           ) as r
     where r.requests > 0
     union all
    select l.tenant_id, l.user_key, case when l.user_key is null then coalesce(l.user_id, '(anonymous)') end, l.entity,
           l.requests, l.reads, l.changes, l.denied, l.first_access, l.last_access
      from loose as l
  ),
  busiest as (
    select s.tenant_id, s.user_key, s.user_id, s.entity, sum(s.requests)::bigint as requests, sum(s.reads)::bigint as reads,
           sum(s.changes)::bigint as changes, sum(s.denied)::bigint as denied, min(s.first_access) as first_access,
           max(s.last_access) as last_access
      from parts as s
     group by s.tenant_id, s.user_key, s.user_id, s.entity
     order by requests desc, s.tenant_id, s.user_id, s.entity
     limit most
  )
  select b.tenant_id, coalesce(b.user_id, u.user_id, '(anonymous)'), b.entity, b.requests, b.reads, b.changes, b.denied,
         b.first_access, b.last_access
    from busiest as b
    left join fraiseql_observe.rollup_user as u using (user_key)
$$;
