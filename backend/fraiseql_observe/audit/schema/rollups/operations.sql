-- What was asked for: each operation with its users, failures, speed and complexity.

create table if not exists fraiseql_observe.rollup_operation (
  grain smallint not null, -- hours
  starts_at timestamptz not null,
  tenant_id text not null,
  endpoint text not null,
  operation_type text not null,
  operation_name text not null,
  part integer not null, -- of the tenant's users; rows without a user are in the first
  requests bigint not null,
  errors bigint not null,
  last_error timestamptz,
  complexity_total bigint not null,
  complexity_known bigint not null,
  max_depth integer,
  durations numeric, -- milliseconds
  users bit(1024),
  affected bit(1024), -- those who met an error
  primary key (grain, starts_at, tenant_id, endpoint, operation_type, operation_name, part)
);

create or replace function fraiseql_observe.add_operations_of(
    first bigint, before bigint, first_time timestamptz, before_time timestamptz
  ) returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  with banded as (
    select e.hour,
           e.tenant_id,
           coalesce(e.endpoint, '(unknown)') as endpoint,
           coalesce(e.operation_type, 'unknown') as operation_type,
           coalesce(e.operation_name, '(unknown)') as operation_name,
           coalesce(u.number / 1024, 0) as part,
           fraiseql_observe.band(e.duration_ms) as band,
           count(*) as requests,
           count(e.duration_ms) as timed,
           count(*) filter (where e.outcome in ('failure', 'denied')) as errors,
           max(e.occurred_at) filter (where e.outcome in ('failure', 'denied')) as last_error,
           coalesce(sum(e.complexity), 0) as complexity_total,
           count(e.complexity) as complexity_known,
           max(e.depth) as max_depth,
           bit_or(fraiseql_observe.one_user(u.number)) as users,
           bit_or(fraiseql_observe.one_user(u.number)) filter (where e.outcome in ('failure', 'denied')) as affected
      from fraiseql_observe.rows_to_add(first, before, first_time, before_time) as e
      left join fraiseql_observe.rollup_user as u using (tenant_id, user_id)
     group by 1, 2, 3, 4, 5, 6, 7
  )
  insert into fraiseql_observe.rollup_operation as r
  select g.grain,
         date_bin(g.size, b.hour, 'epoch'::timestamptz),
         b.tenant_id,
         b.endpoint,
         b.operation_type,
         b.operation_name,
         b.part,
         sum(b.requests),
         sum(b.errors),
         max(b.last_error),
         sum(b.complexity_total),
         sum(b.complexity_known),
         max(b.max_depth),
         sum(b.timed * fraiseql_observe.in_band(b.band)) filter (where b.timed > 0),
         bit_or(b.users),
         bit_or(b.affected)
    from banded as b
   cross join fraiseql_observe.grains() as g
   group by 1, 2, 3, 4, 5, 6, 7
   order by 1, 2, 3, 4, 5, 6, 7
      on conflict (grain, starts_at, tenant_id, endpoint, operation_type, operation_name, part) do update
     set requests = r.requests + excluded.requests,
         errors = r.errors + excluded.errors,
         last_error = greatest(r.last_error, excluded.last_error),
         complexity_total = r.complexity_total + excluded.complexity_total,
         complexity_known = r.complexity_known + excluded.complexity_known,
         max_depth = greatest(r.max_depth, excluded.max_depth),
         durations = coalesce(r.durations + excluded.durations, r.durations, excluded.durations),
         users = coalesce(r.users | excluded.users, r.users, excluded.users),
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

-- The operations of a range with their users as sets (see user_sets); durations are milliseconds in rows, distributions of
-- them in roll-ups.
create or replace function fraiseql_observe.operations(f timestamptz, t timestamptz)
  returns table (
    tenant_id text, endpoint text, operation_type text, operation_name text, part text, requests bigint, errors bigint,
    last_error timestamptz, complexity_total bigint, complexity_known bigint, max_depth integer,
    duration_ms double precision, durations numeric, users bit, affected bit
  )
  language sql stable parallel safe
as $$
  select e.tenant_id,
         coalesce(e.endpoint, '(unknown)'),
         coalesce(e.operation_type, 'unknown'),
         coalesce(e.operation_name, '(unknown)'),
         e.user_id,
         1::bigint,
         o.failed::integer::bigint,
         case when o.failed then e.occurred_at end,
         e.complexity::bigint,
         (e.complexity is not null)::integer::bigint,
         e.depth,
         e.duration_ms,
         null::numeric,
         case when e.user_id is not null then 1::bit(1024) end,
         case when e.user_id is not null and o.failed then 1::bit(1024) end
    from fraiseql_observe.audit_events as e
   cross join lateral (select e.outcome in ('failure', 'denied')) as o (failed)
   where e.occurred_at between f and t
     and not e.superseded
     and (t - f <= interval '6 hours'
          or fraiseql_observe.rolled_from(f, t) < (select covered_from from fraiseql_observe.rolled_up))
   union all
  select r.tenant_id, r.endpoint, r.operation_type, r.operation_name, r.part::text, r.requests, r.errors, r.last_error,
         r.complexity_total, r.complexity_known, r.max_depth, null, r.durations, r.users, r.affected
    from fraiseql_observe.pieces(f, t) as p
    join fraiseql_observe.rollup_operation as r
      on r.grain = p.grain and r.starts_at >= p.first and r.starts_at < p.before
   where t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
   union all
  select e.tenant_id,
         coalesce(e.endpoint, '(unknown)'),
         coalesce(e.operation_type, 'unknown'),
         coalesce(e.operation_name, '(unknown)'),
         coalesce((u.number / 1024)::text, 'user ' || e.user_id),
         1::bigint,
         o.failed::integer::bigint,
         case when o.failed then e.occurred_at end,
         e.complexity::bigint,
         (e.complexity is not null)::integer::bigint,
         e.depth,
         null,
         case when e.duration_ms is not null then fraiseql_observe.in_band(fraiseql_observe.band(e.duration_ms)) end,
         i.identity,
         case when o.failed then i.identity end
    from fraiseql_observe.not_rolled(fraiseql_observe.rolled_from(f, t), fraiseql_observe.rolled_to(f, t)) as e
    left join fraiseql_observe.rollup_user as u using (tenant_id, user_id)
   cross join lateral (select e.outcome in ('failure', 'denied')) as o (failed)
   cross join lateral (
          select coalesce(fraiseql_observe.one_user(u.number), case when e.user_id is not null then 1::bit(1024) end)
        ) as i (identity)
   where not e.superseded
     and t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
$$;
