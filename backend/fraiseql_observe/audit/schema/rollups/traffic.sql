-- What each tenant did: events by kind and outcome, and what a compliance check counts.

create table if not exists fraiseql_observe.rollup_traffic (
  grain smallint not null, -- hours
  starts_at timestamptz not null,
  tenant_id text not null,
  requests bigint not null,
  anonymous bigint not null,
  creates bigint not null,
  updates bigint not null,
  deletes bigint not null,
  failures bigint not null,
  denied bigint not null,
  anonymous_changes bigint not null, -- that succeeded
  anonymous_permission_changes bigint not null,
  failed_admin_actions bigint not null,
  late bigint not null, -- written more than 5 seconds after they happened
  longest_delay double precision not null, -- seconds
  complexity_total bigint not null,
  complexity_known bigint not null,
  last_seen timestamptz not null,
  primary key (grain, starts_at, tenant_id)
);

-- The hours of all tenants together: a month of them for each tenant would be thousands of rows.
create table if not exists fraiseql_observe.rollup_traffic_of_all (
  starts_at timestamptz primary key,
  requests bigint not null,
  creates bigint not null,
  updates bigint not null,
  deletes bigint not null
);

-- Milliseconds that operations took, and that passed until their rows were written.
create table if not exists fraiseql_observe.rollup_duration (
  grain smallint not null,
  starts_at timestamptz not null,
  tenant_id text not null,
  durations numeric not null,
  delays numeric not null,
  primary key (grain, starts_at, tenant_id)
);

create or replace function fraiseql_observe.add_traffic_of(
    first bigint, before bigint, first_time timestamptz, before_time timestamptz
  ) returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
  set work_mem = '64MB'
  set jit = off
as $$
begin
  with hourly as materialized (
    select e.hour,
           e.tenant_id,
           count(*) as requests,
           count(*) filter (where e.user_id is null) as anonymous,
           count(*) filter (where e.event_type = 'create') as creates,
           count(*) filter (where e.event_type = 'update') as updates,
           count(*) filter (where e.event_type = 'delete') as deletes,
           count(*) filter (where e.outcome = 'failure') as failures,
           count(*) filter (where e.outcome = 'denied') as denied,
           count(*) filter (where e.event_type <> 'access' and e.outcome = 'success' and e.user_id is null)
             as anonymous_changes,
           count(*) filter (where e.category = 'permission' and e.event_type <> 'access' and e.user_id is null)
             as anonymous_permission_changes,
           count(*) filter (where e.category in ('admin', 'permission') and e.outcome in ('failure', 'denied'))
             as failed_admin_actions,
           count(*) filter (where e.recorded_at - e.occurred_at > interval '5 seconds') as late,
           max(extract(epoch from e.recorded_at - e.occurred_at))::double precision as longest_delay,
           coalesce(sum(e.complexity), 0) as complexity_total,
           count(e.complexity) as complexity_known,
           max(e.occurred_at) as last_seen
      from fraiseql_observe.rows_to_add(first, before, first_time, before_time) as e
     group by 1, 2
  ),
  of_all as (
    insert into fraiseql_observe.rollup_traffic_of_all as r (starts_at, requests, creates, updates, deletes)
    select hour, sum(requests), sum(creates), sum(updates), sum(deletes)
      from hourly
     group by hour
     order by hour
        on conflict (starts_at) do update
       set requests = r.requests + excluded.requests,
           creates = r.creates + excluded.creates,
           updates = r.updates + excluded.updates,
           deletes = r.deletes + excluded.deletes
  )
  insert into fraiseql_observe.rollup_traffic as r
  select g.grain,
         date_bin(g.size, h.hour, 'epoch'::timestamptz),
         h.tenant_id,
         sum(h.requests),
         sum(h.anonymous),
         sum(h.creates),
         sum(h.updates),
         sum(h.deletes),
         sum(h.failures),
         sum(h.denied),
         sum(h.anonymous_changes),
         sum(h.anonymous_permission_changes),
         sum(h.failed_admin_actions),
         sum(h.late),
         max(h.longest_delay),
         sum(h.complexity_total),
         sum(h.complexity_known),
         max(h.last_seen)
    from hourly as h
   cross join fraiseql_observe.grains() as g
   group by 1, 2, 3
   order by 1, 2, 3
      on conflict (grain, starts_at, tenant_id) do update
     set requests = r.requests + excluded.requests,
         anonymous = r.anonymous + excluded.anonymous,
         creates = r.creates + excluded.creates,
         updates = r.updates + excluded.updates,
         deletes = r.deletes + excluded.deletes,
         failures = r.failures + excluded.failures,
         denied = r.denied + excluded.denied,
         anonymous_changes = r.anonymous_changes + excluded.anonymous_changes,
         anonymous_permission_changes = r.anonymous_permission_changes + excluded.anonymous_permission_changes,
         failed_admin_actions = r.failed_admin_actions + excluded.failed_admin_actions,
         late = r.late + excluded.late,
         longest_delay = greatest(r.longest_delay, excluded.longest_delay),
         complexity_total = r.complexity_total + excluded.complexity_total,
         complexity_known = r.complexity_known + excluded.complexity_known,
         last_seen = greatest(r.last_seen, excluded.last_seen);

  with powers as materialized (
    select band, fraiseql_observe.in_band(band) as power from generate_series(0, 191) as band
  ),
  banded as (
    select e.hour, e.tenant_id, v.delay, fraiseql_observe.band(v.milliseconds) as band, count(*) as number
      from fraiseql_observe.rows_to_add(first, before, first_time, before_time) as e
     cross join lateral (
            values (false, e.duration_ms), (true, (extract(epoch from e.recorded_at - e.occurred_at) * 1000)::double precision)
          ) as v (delay, milliseconds)
     where v.milliseconds is not null
     group by 1, 2, 3, 4
  ),
  hourly as (
    select hour, tenant_id,
           coalesce(sum(number * power) filter (where not delay), 0) as durations,
           coalesce(sum(number * power) filter (where delay), 0) as delays
      from banded
      join powers using (band)
     group by 1, 2
  )
  insert into fraiseql_observe.rollup_duration as r (grain, starts_at, tenant_id, durations, delays)
  select g.grain, date_bin(g.size, h.hour, 'epoch'::timestamptz), h.tenant_id, sum(h.durations), sum(h.delays)
    from hourly as h
   cross join fraiseql_observe.grains() as g
   group by 1, 2, 3
   order by 1, 2, 3
      on conflict (grain, starts_at, tenant_id) do update
     set durations = r.durations + excluded.durations,
         delays = r.delays + excluded.delays;
end;
$$;

create or replace function fraiseql_observe.add_traffic(first bigint, before bigint) returns void
  language sql
  set search_path = pg_catalog, pg_temp
as $$ select fraiseql_observe.add_traffic_of(first, before, null, null) $$;

create or replace function fraiseql_observe.add_traffic_between(first timestamptz, before timestamptz) returns void
  language sql
  set search_path = pg_catalog, pg_temp
as $$ select fraiseql_observe.add_traffic_of(null, null, first, before) $$;

-- What each tenant did in a range; everything adds up but `longest_delay` (seconds) and `last_seen`.
create or replace function fraiseql_observe.traffic(f timestamptz, t timestamptz)
  returns table (
    tenant_id text, requests bigint, anonymous bigint, changes bigint, errors bigint, denied bigint,
    anonymous_changes bigint, anonymous_permission_changes bigint, failed_admin_actions bigint, late bigint,
    longest_delay double precision, complexity_total bigint, complexity_known bigint, last_seen timestamptz
  )
  language sql stable parallel safe
as $$
  select e.tenant_id, 1::bigint, (e.user_id is null)::integer::bigint, (e.event_type <> 'access')::integer::bigint,
         (e.outcome in ('failure', 'denied'))::integer::bigint, (e.outcome = 'denied')::integer::bigint,
         (e.event_type <> 'access' and e.outcome = 'success' and e.user_id is null)::integer::bigint,
         (e.category = 'permission' and e.event_type <> 'access' and e.user_id is null)::integer::bigint,
         (e.category in ('admin', 'permission') and e.outcome in ('failure', 'denied'))::integer::bigint,
         (e.recorded_at - e.occurred_at > interval '5 seconds')::integer::bigint,
         extract(epoch from e.recorded_at - e.occurred_at)::double precision,
         e.complexity::bigint, (e.complexity is not null)::integer::bigint, e.occurred_at
    from fraiseql_observe.rows_read(f, t) as e
   where not e.superseded
   union all
  select r.tenant_id, r.requests, r.anonymous, r.creates + r.updates + r.deletes, r.failures + r.denied, r.denied,
         r.anonymous_changes, r.anonymous_permission_changes, r.failed_admin_actions, r.late, r.longest_delay,
         r.complexity_total, r.complexity_known, r.last_seen
    from fraiseql_observe.pieces(f, t) as p
    join fraiseql_observe.rollup_traffic as r
      on r.grain = p.grain and r.starts_at >= p.first and r.starts_at < p.before
   where t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
   union all
  select e.tenant_id, 1::bigint, (e.user_id is null)::integer::bigint, (e.event_type <> 'access')::integer::bigint,
         (e.outcome in ('failure', 'denied'))::integer::bigint, (e.outcome = 'denied')::integer::bigint,
         (e.event_type <> 'access' and e.outcome = 'success' and e.user_id is null)::integer::bigint,
         (e.category = 'permission' and e.event_type <> 'access' and e.user_id is null)::integer::bigint,
         (e.category in ('admin', 'permission') and e.outcome in ('failure', 'denied'))::integer::bigint,
         (e.recorded_at - e.occurred_at > interval '5 seconds')::integer::bigint,
         extract(epoch from e.recorded_at - e.occurred_at)::double precision,
         e.complexity::bigint, (e.complexity is not null)::integer::bigint, e.occurred_at
    from fraiseql_observe.not_rolled(fraiseql_observe.rolled_from(f, t), fraiseql_observe.rolled_to(f, t)) as e
   where not e.superseded
     and t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
$$;

-- How many events of each type tenants had; by the hour in roll-ups.
create or replace function fraiseql_observe.traffic_over_time(f timestamptz, t timestamptz, tenants text[])
  returns table ("time" timestamptz, event_type text, events bigint)
  language sql stable parallel safe
as $$
  select e.occurred_at, e.event_type, 1::bigint
    from fraiseql_observe.rows_read(f, t) as e
   where e.tenant_id = any(tenants)
     and not e.superseded
   union all
  select r.starts_at, v.event_type, v.events
    from fraiseql_observe.rollup_traffic_of_all as r
   cross join lateral (
          values ('access', r.requests - r.creates - r.updates - r.deletes), ('create', r.creates), ('update', r.updates),
                 ('delete', r.deletes)
        ) as v (event_type, events)
   where r.starts_at >= fraiseql_observe.rolled_from(f, t)
     and r.starts_at < fraiseql_observe.rolled_to(f, t)
     and v.events > 0
     and t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
     and (select a.all_tenants from fraiseql_observe.asked(tenants) as a)
   union all
  select r.starts_at, v.event_type, v.events
    from fraiseql_observe.rollup_traffic as r
   cross join lateral (
          values ('access', r.requests - r.creates - r.updates - r.deletes), ('create', r.creates), ('update', r.updates),
                 ('delete', r.deletes)
        ) as v (event_type, events)
   where r.grain = 1
     and r.starts_at >= fraiseql_observe.rolled_from(f, t)
     and r.starts_at < fraiseql_observe.rolled_to(f, t)
     and r.tenant_id = any(tenants)
     and v.events > 0
     and t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
     and not (select a.all_tenants from fraiseql_observe.asked(tenants) as a)
   union all
  select e.occurred_at, e.event_type, 1::bigint
    from fraiseql_observe.not_rolled(fraiseql_observe.rolled_from(f, t), fraiseql_observe.rolled_to(f, t)) as e
   where e.tenant_id = any(tenants)
     and not e.superseded
     and t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
$$;

-- How long the operations of a range took: milliseconds in rows, distributions of them in roll-ups.
create or replace function fraiseql_observe.durations(f timestamptz, t timestamptz)
  returns table (tenant_id text, duration_ms double precision, durations numeric)
  language sql stable parallel safe
as $$
  select e.tenant_id, e.duration_ms, null::numeric
    from fraiseql_observe.rows_read(f, t) as e
   where not e.superseded
     and e.duration_ms is not null
   union all
  select r.tenant_id, null, r.durations
    from fraiseql_observe.pieces(f, t) as p
    join fraiseql_observe.rollup_duration as r
      on r.grain = p.grain and r.starts_at >= p.first and r.starts_at < p.before
   where t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
     and r.durations > 0
   union all
  select e.tenant_id, null, fraiseql_observe.in_band(fraiseql_observe.band(e.duration_ms))
    from fraiseql_observe.not_rolled(fraiseql_observe.rolled_from(f, t), fraiseql_observe.rolled_to(f, t)) as e
   where not e.superseded
     and e.duration_ms is not null
     and t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
$$;

-- How long rows took to be written, for each time of `reading`'s unit: seconds in rows, distributions of milliseconds in
-- roll-ups, and the longest in seconds.
create or replace function fraiseql_observe.delays_over_time(f timestamptz, t timestamptz, bucket interval)
  returns table ("time" timestamptz, tenant_id text, delay double precision, delays numeric, longest_delay double precision)
  language sql stable parallel safe
as $$
  select date_bin(bucket, e.occurred_at, 'epoch'::timestamptz), e.tenant_id, d.delay, null::numeric, d.delay
    from fraiseql_observe.rows_read(f, t) as e
   cross join lateral (select greatest(extract(epoch from e.recorded_at - e.occurred_at), 0)::double precision) as d (delay)
   where not e.superseded
   union all
  select r.starts_at, r.tenant_id, null, r.delays, m.longest_delay
    from fraiseql_observe.rollup_duration as r
    join fraiseql_observe.rollup_traffic as m using (grain, starts_at, tenant_id)
   where r.grain = case when t - f > interval '7 days' then 24 else 1 end
     and r.starts_at >= fraiseql_observe.rolled_from(f, t)
     and r.starts_at < fraiseql_observe.rolled_to(f, t)
     and t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
   union all
  select date_bin(case when t - f > interval '7 days' then interval '24 hours' else interval '1 hour' end, e.occurred_at,
                  'epoch'::timestamptz),
         e.tenant_id, null, fraiseql_observe.in_band(fraiseql_observe.band(d.delay * 1000)), d.delay
    from fraiseql_observe.not_rolled(fraiseql_observe.rolled_from(f, t), fraiseql_observe.rolled_to(f, t)) as e
   cross join lateral (select greatest(extract(epoch from e.recorded_at - e.occurred_at), 0)::double precision) as d (delay)
   where not e.superseded
     and t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
$$;
