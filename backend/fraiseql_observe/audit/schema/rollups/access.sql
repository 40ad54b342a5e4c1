-- Who accessed what: by day, tenant, user and entity. Hours are not kept: they would be nearly as many as the rows.

create table if not exists fraiseql_observe.rollup_access (
  tenant_id text not null,
  user_id text not null,
  entity text not null,
  starts_at timestamptz not null, -- a day
  requests bigint not null,
  reads bigint not null,
  changes bigint not null,
  denied bigint not null,
  first_access timestamptz not null,
  last_access timestamptz not null,
  primary key (tenant_id, user_id, entity, starts_at)
);
-- the busiest of a day
create index if not exists rollup_access_requests
  on fraiseql_observe.rollup_access (starts_at, tenant_id, requests desc);

create or replace function fraiseql_observe.add_access_of(
    first bigint, before bigint, first_time timestamptz, before_time timestamptz
  ) returns void
  language sql
  set search_path = pg_catalog, pg_temp
as $$
  insert into fraiseql_observe.rollup_access as r
  select e.tenant_id,
         coalesce(e.user_id, '(anonymous)'),
         e.entity,
         date_bin('24 hours', e.hour, 'epoch'::timestamptz),
         count(*),
         count(*) filter (where e.event_type = 'access' and e.outcome <> 'denied'),
         count(*) filter (where e.event_type <> 'access' and e.outcome <> 'denied'),
         count(*) filter (where e.outcome = 'denied'),
         min(e.occurred_at),
         max(e.occurred_at)
    from fraiseql_observe.rows_to_add(first, before, first_time, before_time) as e
   where e.entity is not null
   group by 1, 2, 3, 4
   order by 1, 2, 3, 4
      on conflict (tenant_id, user_id, entity, starts_at) do update
     set requests = r.requests + excluded.requests,
         reads = r.reads + excluded.reads,
         changes = r.changes + excluded.changes,
         denied = r.denied + excluded.denied,
         first_access = least(r.first_access, excluded.first_access),
         last_access = greatest(r.last_access, excluded.last_access)
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
-- them up, as Fagin's threshold algorithm does: a pair among the first N has, on one of the days at least, its share of
-- what the N-th has in all. So only pairs with such a day are added up. The N-th is estimated from below, which is safe.
create or replace function fraiseql_observe.busiest_access(f timestamptz, t timestamptz, tenants text[], most integer)
  returns table (
    tenant_id text, user_id text, entity text, requests bigint, reads bigint, changes bigint, denied bigint,
    first_access timestamptz, last_access timestamptz
  )
  language sql stable parallel safe
as $$
  with way as (
    select fraiseql_observe.rolled_from(f, t) as first,
           fraiseql_observe.rolled_to(f, t) as before,
           -- days, and the rows that are in none
           extract(epoch from fraiseql_observe.rolled_to(f, t) - fraiseql_observe.rolled_from(f, t))::integer / 86400 + 1 as pieces
     where t - f > interval '7 days'
       and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
  ),
  loose as (
    select e.tenant_id,
           coalesce(e.user_id, '(anonymous)') as user_id,
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
              from fraiseql_observe.audit_events as a
             where (t - f <= interval '7 days'
                    or fraiseql_observe.rolled_from(f, t) < (select covered_from from fraiseql_observe.rolled_up))
               and a.occurred_at between f and t) as e
     where e.entity is not null
       and e.tenant_id = any(tenants)
       and not e.superseded
     group by 1, 2, 3
  ),
  places as (
    select day.at, tenant.id
      from way
     cross join generate_series(way.first, way.before - interval '1 day', interval '1 day') as day (at)
     cross join unnest(tenants) as tenant (id)
  ),
  -- the sums of some: no more than what they have in all
  sampled as (
    select sum(r.requests) as requests
      from places as p
     cross join lateral (
            select a.tenant_id, a.user_id, a.entity, a.requests
              from fraiseql_observe.rollup_access as a
             where a.starts_at = p.at
               and a.tenant_id = p.id
             order by a.requests desc
             limit greatest(least(most, 3 * most / greatest(cardinality(tenants), 1)), 1)
           ) as r
     group by r.tenant_id, r.user_id, r.entity
     order by 1 desc
     limit most
  ),
  least_share as (
    select case when count(*) < most then 1 else ceil(min(requests) / (select pieces from way)) end::bigint as requests
      from sampled
  ),
  candidates as (
    select a.tenant_id, a.user_id, a.entity
      from places as p
      join fraiseql_observe.rollup_access as a
        on a.starts_at = p.at
       and a.tenant_id = p.id
     where a.requests >= (select requests from least_share)
     union
    select r.tenant_id, r.user_id, r.entity
      from loose as r
     where r.requests >= (select requests from least_share)
  )
  select s.tenant_id, s.user_id, s.entity, sum(s.requests)::bigint, sum(s.reads)::bigint, sum(s.changes)::bigint,
         sum(s.denied)::bigint, min(s.first_access), max(s.last_access)
    from (select c.tenant_id, c.user_id, c.entity, a.requests, a.reads, a.changes, a.denied, a.first_access, a.last_access
            from candidates as c
            join fraiseql_observe.rollup_access as a using (tenant_id, user_id, entity)
           where a.starts_at >= (select first from way)
             and a.starts_at < (select before from way)
           union all
          select r.tenant_id, r.user_id, r.entity, r.requests, r.reads, r.changes, r.denied, r.first_access, r.last_access
            from loose as r) as s
   group by s.tenant_id, s.user_id, s.entity
   order by sum(s.requests) desc, s.tenant_id, s.user_id, s.entity
   limit most
$$;
