-- Who was not let in: denied and unauthenticated attempts, by user and address. What a row lacks is an empty text.

create table if not exists fraiseql_observe.rollup_failed_access (
  grain smallint not null, -- hours
  starts_at timestamptz not null,
  tenant_id text not null,
  user_id text not null,
  ip_address text not null,
  operation_name text not null,
  entity text not null,
  attempts bigint not null,
  first_attempt timestamptz not null,
  last_attempt timestamptz not null,
  reason text, -- of the last one
  primary key (grain, starts_at, tenant_id, user_id, ip_address, operation_name, entity)
);

-- How many users and addresses of a tenant were behind the attempts cannot be added up over time: for an hour or a day.
create table if not exists fraiseql_observe.rollup_failed_access_over_time (
  grain smallint not null,
  starts_at timestamptz not null,
  tenant_id text not null,
  attempts bigint not null,
  sources bigint not null,
  primary key (grain, starts_at, tenant_id)
);

create or replace function fraiseql_observe.add_failed_access_of(
    first bigint, before bigint, first_time timestamptz, before_time timestamptz
  ) returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
  set work_mem = '64MB'
  set jit = off
as $$
begin
  with attempted as (
    select e.hour,
           e.tenant_id,
           coalesce(e.user_id, '') as user_id,
           coalesce(e.ip_address, '') as ip_address,
           coalesce(e.operation_name, '') as operation_name,
           coalesce(e.entity, '') as entity,
           count(*) as attempts,
           min(e.occurred_at) as first_attempt,
           max(e.occurred_at) as last_attempt,
           (array_agg(coalesce(e.error_message, e.error_code, e.error_type) order by e.occurred_at desc))[1] as reason
      from fraiseql_observe.rows_to_add(first, before, first_time, before_time) as e
     where e.outcome = 'denied'
        or (e.outcome = 'failure' and e.error_type = 'auth')
     group by 1, 2, 3, 4, 5, 6
  ),
  increments as materialized (
    select g.grain,
           date_bin(g.size, a.hour, 'epoch'::timestamptz) as starts_at,
           a.tenant_id,
           a.user_id,
           a.ip_address,
           a.operation_name,
           a.entity,
           sum(a.attempts) as attempts,
           min(a.first_attempt) as first_attempt,
           max(a.last_attempt) as last_attempt,
           (array_agg(a.reason order by a.last_attempt desc))[1] as reason
      from attempted as a
     cross join fraiseql_observe.grains() as g
     group by 1, 2, 3, 4, 5, 6, 7
     order by 1, 2, 3, 4, 5, 6, 7
  ),
  over_time as (
    insert into fraiseql_observe.rollup_failed_access_over_time as r (grain, starts_at, tenant_id, attempts, sources)
    select s.grain, s.starts_at, s.tenant_id, sum(s.attempts), sum(s.sources)
      from (select i.grain, i.starts_at, i.tenant_id, sum(i.attempts) as attempts,
                   -- one that was there before this turn is counted already
                   coalesce((select 0
                               from fraiseql_observe.rollup_failed_access as r
                              where r.grain = i.grain
                                and r.starts_at = i.starts_at
                                and r.tenant_id = i.tenant_id
                                and r.user_id = i.user_id
                                and r.ip_address = i.ip_address
                              limit 1), 1) as sources
              from increments as i
             where i.grain in (1, 24)
             group by i.grain, i.starts_at, i.tenant_id, i.user_id, i.ip_address) as s
     group by 1, 2, 3
     order by 1, 2, 3
        on conflict (grain, starts_at, tenant_id) do update
       set attempts = r.attempts + excluded.attempts,
           sources = r.sources + excluded.sources
  )
  insert into fraiseql_observe.rollup_failed_access as r
  select * from increments
      on conflict (grain, starts_at, tenant_id, user_id, ip_address, operation_name, entity) do update
     set attempts = r.attempts + excluded.attempts,
         first_attempt = least(r.first_attempt, excluded.first_attempt),
         last_attempt = greatest(r.last_attempt, excluded.last_attempt),
         reason = case when excluded.last_attempt >= r.last_attempt then excluded.reason else r.reason end;
end;
$$;

create or replace function fraiseql_observe.add_failed_access(first bigint, before bigint) returns void
  language sql
  set search_path = pg_catalog, pg_temp
as $$ select fraiseql_observe.add_failed_access_of(first, before, null, null) $$;

create or replace function fraiseql_observe.add_failed_access_between(first timestamptz, before timestamptz) returns void
  language sql
  set search_path = pg_catalog, pg_temp
as $$ select fraiseql_observe.add_failed_access_of(null, null, first, before) $$;

-- The rows of a range that are in no roll-up: attempts of the tail and of FraiseQL's own logs, or all of a short range.
create or replace function fraiseql_observe.failed_access_rows(f timestamptz, t timestamptz)
  returns table (
    occurred_at timestamptz, tenant_id text, user_id text, ip_address text, operation_name text, entity text, reason text
  )
  language sql stable parallel safe
as $$
  select e.occurred_at, e.tenant_id, e.user_id, e.ip_address, e.operation_name, e.entity,
         coalesce(e.error_message, e.error_code, e.error_type)
    from fraiseql_observe.not_rolled(fraiseql_observe.rolled_from(f, t), fraiseql_observe.rolled_to(f, t)) as e
   where t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
     -- the planner must not see that the index of failures fits: it holds those of the whole range
     and case e.outcome when 'denied' then true when 'failure' then e.error_type = 'auth' end
     and not e.superseded
   union all
  select e.occurred_at, e.tenant_id, e.user_id, e.ip_address, e.operation_name, e.entity,
         coalesce(e.error_message, e.error_code, e.error_type)
    from fraiseql_observe.rows_read(f, t) as e
   where e.outcome in ('failure', 'denied')
     and (e.outcome = 'denied' or e.error_type = 'auth')
     and not e.superseded
$$;

-- The attempts of a range that are in roll-ups, many rows a user and address.
create or replace function fraiseql_observe.failed_access_rolled(f timestamptz, t timestamptz)
  returns table (
    tenant_id text, user_id text, ip_address text, operation_name text, entity text, attempts bigint,
    first_attempt timestamptz, last_attempt timestamptz
  )
  language sql stable parallel safe
as $$
  select r.tenant_id, nullif(r.user_id, ''), nullif(r.ip_address, ''), nullif(r.operation_name, ''), nullif(r.entity, ''),
         r.attempts, r.first_attempt, r.last_attempt
    from fraiseql_observe.pieces(f, t) as p
    join fraiseql_observe.rollup_failed_access as r
      on r.grain = p.grain
     and r.starts_at >= p.first
     and r.starts_at < p.before
   where t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
$$;

-- Why an attempt in roll-ups failed that was the last one of its hour: for the few that are shown.
create or replace function fraiseql_observe.failed_access_reason(
    tenant_id text, user_id text, ip_address text, operation_name text, entity text, attempted_at timestamptz
  ) returns text
  language sql stable parallel safe
as $$
  select r.reason
    from fraiseql_observe.rollup_failed_access as r
   where r.grain = 1
     and r.starts_at = date_bin('1 hour', attempted_at, 'epoch'::timestamptz)
     and r.tenant_id = failed_access_reason.tenant_id
     and r.user_id = coalesce(failed_access_reason.user_id, '')
     and r.ip_address = coalesce(failed_access_reason.ip_address, '')
     and r.operation_name = coalesce(failed_access_reason.operation_name, '')
     and r.entity = coalesce(failed_access_reason.entity, '')
     and r.last_attempt = attempted_at
$$;

-- The attempts of tenants over time, for each time of `reading`'s unit; all of it adds up over tenants.
create or replace function fraiseql_observe.failed_access_over_time(
    f timestamptz, t timestamptz, bucket interval, tenants text[]
  ) returns table ("time" timestamptz, attempts bigint, sources bigint)
  language sql stable parallel safe
as $$
  select r.starts_at, r.attempts, r.sources
    from fraiseql_observe.rollup_failed_access_over_time as r
   where r.grain = case when t - f > interval '7 days' then 24 else 1 end
     and r.starts_at >= fraiseql_observe.rolled_from(f, t)
     and r.starts_at < fraiseql_observe.rolled_to(f, t)
     and r.tenant_id = any(tenants)
     and t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
   union all
  -- what is not rolled up may be of users and addresses that are counted already
  select n.time, n.attempts,
         coalesce((select 0
                     from fraiseql_observe.rollup_failed_access as r
                    where r.grain = case when t - f > interval '7 days' then 24 else 1 end
                      and r.starts_at = n.time
                      and r.tenant_id = n.tenant_id
                      and r.user_id = n.user_id
                      and r.ip_address = n.ip_address
                      and t - f > interval '6 hours'
                      and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
                    limit 1), 1)::bigint
    from (select date_bin((select unit from fraiseql_observe.reading(f, t, bucket)), e.occurred_at,
                          'epoch'::timestamptz) as time,
                 e.tenant_id,
                 coalesce(e.user_id, '') as user_id,
                 coalesce(e.ip_address, '') as ip_address,
                 count(*) as attempts
            from fraiseql_observe.failed_access_rows(f, t) as e
           where e.tenant_id = any(tenants)
           group by 1, 2, 3, 4) as n
$$;
