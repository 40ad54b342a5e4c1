-- What was asked for: each operation with its users, failures, speed and complexity. Once for each tenant, and once for all
-- of them together: that is what is asked most, and of all tenants it would be thousands of rows.

create table if not exists fraiseql_observe.rollup_operation (
  starts_at timestamptz not null,
  requests bigint not null,
  errors bigint not null,
  last_error timestamptz,
  complexity_total bigint not null,
  complexity_known bigint not null,
  max_depth integer,
  grain smallint not null, -- hours
  tenant_id text not null,
  endpoint text not null,
  operation_type text not null,
  operation_name text not null,
  durations numeric, -- milliseconds
  primary key (grain, starts_at, tenant_id, endpoint, operation_type, operation_name)
);

create table if not exists fraiseql_observe.rollup_operation_of_all (
  starts_at timestamptz not null,
  requests bigint not null,
  errors bigint not null,
  last_error timestamptz,
  complexity_total bigint not null,
  complexity_known bigint not null,
  max_depth integer,
  grain smallint not null,
  endpoint text not null,
  operation_type text not null,
  operation_name text not null,
  durations numeric,
  primary key (grain, starts_at, endpoint, operation_type, operation_name)
);

-- From a day up: of hours these would be nearly as many as the rows.
create table if not exists fraiseql_observe.rollup_operation_set (
  starts_at timestamptz not null,
  grain smallint not null,
  part integer not null, -- of the tenant's users
  tenant_id text not null,
  endpoint text not null,
  operation_type text not null,
  operation_name text not null,
  users bit(1024) not null,
  affected bit(1024), -- those who met an error
  primary key (grain, starts_at, tenant_id, endpoint, operation_type, operation_name, part)
);

create table if not exists fraiseql_observe.rollup_operation_set_of_all (
  starts_at timestamptz not null,
  grain smallint not null,
  part integer not null, -- of all users, by their keys
  endpoint text not null,
  operation_type text not null,
  operation_name text not null,
  users bit(8192) not null,
  affected bit(8192),
  primary key (grain, starts_at, endpoint, operation_type, operation_name, part)
);

create or replace function fraiseql_observe.add_operations_of(
    first bigint, before bigint, first_time timestamptz, before_time timestamptz
  ) returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
  set work_mem = '64MB'
  set jit = off
as $$
begin
  with powers as materialized (
    select band, fraiseql_observe.in_band(band) as power from generate_series(0, 191) as band
  ),
  banded as (
    select e.hour,
           e.tenant_id,
           coalesce(e.endpoint, '(unknown)') as endpoint,
           coalesce(e.operation_type, 'unknown') as operation_type,
           coalesce(e.operation_name, '(unknown)') as operation_name,
           fraiseql_observe.band(e.duration_ms) as band,
           count(*) as requests,
           count(e.duration_ms) as timed,
           count(*) filter (where e.outcome in ('failure', 'denied')) as errors,
           max(e.occurred_at) filter (where e.outcome in ('failure', 'denied')) as last_error,
           coalesce(sum(e.complexity), 0) as complexity_total,
           count(e.complexity) as complexity_known,
           max(e.depth) as max_depth
      from fraiseql_observe.rows_to_add(first, before, first_time, before_time) as e
     group by 1, 2, 3, 4, 5, 6
  ),
  hourly as (
    select hour, tenant_id, endpoint, operation_type, operation_name,
           sum(requests) as requests,
           sum(errors) as errors,
           max(last_error) as last_error,
           sum(complexity_total) as complexity_total,
           sum(complexity_known) as complexity_known,
           max(max_depth) as max_depth,
           sum(timed * power) filter (where timed > 0) as durations
      from banded
      join powers using (band)
     group by 1, 2, 3, 4, 5
  ),
  increments as materialized (
    select g.grain,
           date_bin(g.size, h.hour, 'epoch'::timestamptz) as starts_at,
           tenant_id, endpoint, operation_type, operation_name,
           sum(requests) as requests,
           sum(errors) as errors,
           max(last_error) as last_error,
           sum(complexity_total) as complexity_total,
           sum(complexity_known) as complexity_known,
           max(max_depth) as max_depth,
           sum(durations) as durations
      from hourly as h
     cross join fraiseql_observe.grains() as g
     group by 1, 2, 3, 4, 5, 6
  ),
  of_all as (
    insert into fraiseql_observe.rollup_operation_of_all as r
           (grain, starts_at, endpoint, operation_type, operation_name, requests, errors, last_error, complexity_total,
            complexity_known, max_depth, durations)
    select grain, starts_at, endpoint, operation_type, operation_name, sum(requests), sum(errors), max(last_error),
           sum(complexity_total), sum(complexity_known), max(max_depth), sum(durations)
      from increments
     group by 1, 2, 3, 4, 5
        on conflict (grain, starts_at, endpoint, operation_type, operation_name) do update
       set requests = r.requests + excluded.requests,
           errors = r.errors + excluded.errors,
           last_error = greatest(r.last_error, excluded.last_error),
           complexity_total = r.complexity_total + excluded.complexity_total,
           complexity_known = r.complexity_known + excluded.complexity_known,
           max_depth = greatest(r.max_depth, excluded.max_depth),
           durations = coalesce(r.durations + excluded.durations, r.durations, excluded.durations)
  )
  insert into fraiseql_observe.rollup_operation as r
         (grain, starts_at, tenant_id, endpoint, operation_type, operation_name, requests, errors, last_error,
          complexity_total, complexity_known, max_depth, durations)
  select grain, starts_at, tenant_id, endpoint, operation_type, operation_name, requests, errors, last_error,
         complexity_total, complexity_known, max_depth, durations
    from increments
   order by 1, 2, 3, 4, 5, 6
      on conflict (grain, starts_at, tenant_id, endpoint, operation_type, operation_name) do update
     set requests = r.requests + excluded.requests,
         errors = r.errors + excluded.errors,
         last_error = greatest(r.last_error, excluded.last_error),
         complexity_total = r.complexity_total + excluded.complexity_total,
         complexity_known = r.complexity_known + excluded.complexity_known,
         max_depth = greatest(r.max_depth, excluded.max_depth),
         durations = coalesce(r.durations + excluded.durations, r.durations, excluded.durations);

  with users as materialized (
    select e.hour,
           u.tenant_id,
           u.number,
           u.user_key,
           coalesce(e.endpoint, '(unknown)') as endpoint,
           coalesce(e.operation_type, 'unknown') as operation_type,
           coalesce(e.operation_name, '(unknown)') as operation_name,
           bool_or(e.outcome in ('failure', 'denied')) as failed
      from fraiseql_observe.rows_to_add(first, before, first_time, before_time) as e
      join fraiseql_observe.rollup_user as u using (tenant_id, user_id)
     group by 1, 2, 3, 4, 5, 6, 7
  ),
  of_all as (
    insert into fraiseql_observe.rollup_operation_set_of_all as r
           (grain, starts_at, endpoint, operation_type, operation_name, part, users, affected)
    select g.grain, date_bin(g.size, h.hour, 'epoch'::timestamptz), endpoint, operation_type, operation_name, part,
           bit_or(users), bit_or(affected)
      from (select hour, endpoint, operation_type, operation_name, user_key / 8192 as part,
                   bit_or(set_bit(0::bit(8192), user_key % 8192, 1)) as users,
                   bit_or(set_bit(0::bit(8192), user_key % 8192, 1)) filter (where failed) as affected
              from users
             group by 1, 2, 3, 4, 5) as h
     cross join fraiseql_observe.grains() as g
     group by 1, 2, 3, 4, 5, 6
        on conflict (grain, starts_at, endpoint, operation_type, operation_name, part) do update
       set users = r.users | excluded.users,
           affected = coalesce(r.affected | excluded.affected, r.affected, excluded.affected)
  )
  insert into fraiseql_observe.rollup_operation_set as r
         (grain, starts_at, tenant_id, endpoint, operation_type, operation_name, part, users, affected)
  select g.grain, date_bin(g.size, h.hour, 'epoch'::timestamptz), tenant_id, endpoint, operation_type, operation_name, part,
         bit_or(users), bit_or(affected)
    from (select hour, tenant_id, endpoint, operation_type, operation_name, number / 1024 as part,
                 bit_or(fraiseql_observe.one_user(number)) as users,
                 bit_or(fraiseql_observe.one_user(number)) filter (where failed) as affected
            from users
           group by 1, 2, 3, 4, 5, 6) as h
   cross join fraiseql_observe.grains() as g
   where g.grain >= 24
   group by 1, 2, 3, 4, 5, 6, 7
   order by 1, 2, 3, 4, 5, 6, 7
      on conflict (grain, starts_at, tenant_id, endpoint, operation_type, operation_name, part) do update
     set users = r.users | excluded.users,
         affected = coalesce(r.affected | excluded.affected, r.affected, excluded.affected);
end;
$$;

create or replace function fraiseql_observe.add_operations(first bigint, before bigint) returns void
  language sql
  set search_path = pg_catalog, pg_temp
as $$ select fraiseql_observe.add_operations_of(first, before, null, null) $$;

create or replace function fraiseql_observe.add_operations_between(first timestamptz, before timestamptz) returns void
  language sql
  set search_path = pg_catalog, pg_temp
as $$ select fraiseql_observe.add_operations_of(null, null, first, before) $$;

-- The operations of tenants in a range; durations are milliseconds in rows, distributions of them in roll-ups.
create or replace function fraiseql_observe.operations(f timestamptz, t timestamptz, tenants text[])
  returns table (
    endpoint text, operation_type text, operation_name text, requests bigint, errors bigint, last_error timestamptz,
    complexity_total bigint, complexity_known bigint, max_depth integer, duration_ms double precision, durations numeric
  )
  language sql stable parallel safe
as $$
  select coalesce(e.endpoint, '(unknown)'),
         coalesce(e.operation_type, 'unknown'),
         coalesce(e.operation_name, '(unknown)'),
         1::bigint,
         o.failed::integer::bigint,
         case when o.failed then e.occurred_at end,
         e.complexity::bigint,
         (e.complexity is not null)::integer::bigint,
         e.depth,
         e.duration_ms,
         null::numeric
    from fraiseql_observe.rows_read(f, t) as e
   cross join lateral (select e.outcome in ('failure', 'denied')) as o (failed)
   where e.tenant_id = any(tenants)
     and not e.superseded
   union all
  select r.endpoint, r.operation_type, r.operation_name, r.requests, r.errors, r.last_error, r.complexity_total,
         r.complexity_known, r.max_depth, null, r.durations
    from fraiseql_observe.pieces(f, t) as p
    join fraiseql_observe.rollup_operation_of_all as r
      on r.grain = p.grain and r.starts_at >= p.first and r.starts_at < p.before
   where t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
     and (select a.all_tenants from fraiseql_observe.asked(tenants) as a)
   union all
  select r.endpoint, r.operation_type, r.operation_name, r.requests, r.errors, r.last_error, r.complexity_total,
         r.complexity_known, r.max_depth, null, r.durations
    from fraiseql_observe.pieces(f, t) as p
    join fraiseql_observe.rollup_operation as r
      on r.grain = p.grain and r.starts_at >= p.first and r.starts_at < p.before
   where r.tenant_id = any(tenants)
     and t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
     and not (select a.all_tenants from fraiseql_observe.asked(tenants) as a)
   union all
  select coalesce(e.endpoint, '(unknown)'),
         coalesce(e.operation_type, 'unknown'),
         coalesce(e.operation_name, '(unknown)'),
         1::bigint,
         o.failed::integer::bigint,
         case when o.failed then e.occurred_at end,
         e.complexity::bigint,
         (e.complexity is not null)::integer::bigint,
         e.depth,
         null,
         case when e.duration_ms is not null then fraiseql_observe.in_band(fraiseql_observe.band(e.duration_ms)) end
    from fraiseql_observe.not_rolled(fraiseql_observe.rolled_from(f, t), fraiseql_observe.rolled_to(f, t)) as e
   cross join lateral (select e.outcome in ('failure', 'denied')) as o (failed)
   where not e.superseded
     and e.tenant_id = any(tenants)
     and t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
$$;

-- The users of each operation as sets, as in user_sets; their number is the sum over the parts of bit_count(bit_or(users)).
create or replace function fraiseql_observe.operation_users(f timestamptz, t timestamptz, tenants text[])
  returns table (endpoint text, operation_type text, operation_name text, part text, users bit, affected bit)
  language sql stable parallel safe
as $$
  select n.endpoint, n.operation_type, n.operation_name, n.tenant_id || chr(31) || n.user_id, 1::bit(1024),
         case when n.failed then 1::bit(1024) end
    from (select coalesce(e.endpoint, '(unknown)') as endpoint,
                 coalesce(e.operation_type, 'unknown') as operation_type,
                 coalesce(e.operation_name, '(unknown)') as operation_name,
                 e.tenant_id,
                 e.user_id,
                 bool_or(e.outcome in ('failure', 'denied')) as failed
            from fraiseql_observe.rows_read(f, t) as e
           where e.tenant_id = any(tenants)
             and e.user_id is not null
             and not e.superseded
           group by 1, 2, 3, 4, 5) as n
   union all
  select r.endpoint, r.operation_type, r.operation_name, r.part::text, r.users, r.affected
    from fraiseql_observe.pieces(f, t) as p
    join fraiseql_observe.rollup_operation_set_of_all as r
      on r.grain = p.grain and r.starts_at >= p.first and r.starts_at < p.before
   where t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
     and (select a.all_tenants from fraiseql_observe.asked(tenants) as a)
   union all
  select r.endpoint, r.operation_type, r.operation_name, r.tenant_id || chr(31) || r.part, r.users, r.affected
    from fraiseql_observe.pieces(f, t) as p
    join fraiseql_observe.rollup_operation_set as r
      on r.grain = p.grain and r.starts_at >= p.first and r.starts_at < p.before
   where r.tenant_id = any(tenants)
     and t - f > interval '7 days'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
     and not (select a.all_tenants from fraiseql_observe.asked(tenants) as a)
   union all
  -- some tenants in some hours: from rows
  select n.endpoint, n.operation_type, n.operation_name, n.tenant_id || chr(31) || n.user_id, 1::bit(1024),
         case when n.failed then 1::bit(1024) end
    from (select coalesce(e.endpoint, '(unknown)') as endpoint,
                 coalesce(e.operation_type, 'unknown') as operation_type,
                 coalesce(e.operation_name, '(unknown)') as operation_name,
                 e.tenant_id,
                 e.user_id,
                 bool_or(e.outcome in ('failure', 'denied')) as failed
            from fraiseql_observe.rows_between(
                   fraiseql_observe.rolled_from(f, t), fraiseql_observe.rolled_to(f, t), tenants) as e
           where e.user_id is not null
             and not e.superseded
             and t - f > interval '6 hours'
             and t - f <= interval '7 days'
             and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
             and not (select a.all_tenants from fraiseql_observe.asked(tenants) as a)
           group by 1, 2, 3, 4, 5) as n
   union all
  -- a user who is not rolled up yet is a part of his own
  select n.endpoint,
         n.operation_type,
         n.operation_name,
         case
           when u.user_key is null then n.tenant_id || chr(31) || 'user ' || n.user_id
           when a.all_tenants then (u.user_key / 8192)::text
           else n.tenant_id || chr(31) || u.number / 1024
         end,
         i.identity,
         case when n.failed then i.identity end
    from (select coalesce(e.endpoint, '(unknown)') as endpoint,
                 coalesce(e.operation_type, 'unknown') as operation_type,
                 coalesce(e.operation_name, '(unknown)') as operation_name,
                 e.tenant_id,
                 e.user_id,
                 bool_or(e.outcome in ('failure', 'denied')) as failed
            from fraiseql_observe.not_rolled(fraiseql_observe.rolled_from(f, t), fraiseql_observe.rolled_to(f, t)) as e
           where e.tenant_id = any(tenants)
             and e.user_id is not null
             and not e.superseded
             and t - f > interval '6 hours'
             and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
             and (t - f > interval '7 days' or (select a.all_tenants from fraiseql_observe.asked(tenants) as a))
           group by 1, 2, 3, 4, 5) as n
   cross join fraiseql_observe.asked(tenants) as a
    left join fraiseql_observe.rollup_user as u using (tenant_id, user_id)
   cross join lateral (
          select case
                   when u.user_key is null then 1::bit(1024)
                   when a.all_tenants then set_bit(0::bit(8192), u.user_key % 8192, 1)
                   else fraiseql_observe.one_user(u.number)
                 end
        ) as i (identity)
$$;
