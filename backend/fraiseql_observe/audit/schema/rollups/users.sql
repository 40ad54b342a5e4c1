-- Who was there: users with their requests, how many of them there were, and how the requests were spread over them.
-- Every row with a user is in; rows without one are not.

create table if not exists fraiseql_observe.rollup_user_activity (
  starts_at timestamptz not null,
  last_seen timestamptz not null,
  requests bigint not null,
  changes bigint not null,
  errors bigint not null,
  user_key integer not null,
  grain smallint not null, -- hours
  tenant_id text not null,
  durations numeric, -- milliseconds
  primary key (user_key, grain, starts_at)
);
create index if not exists rollup_user_activity_time
  on fraiseql_observe.rollup_user_activity (grain, starts_at, tenant_id);

-- Requests of all users, 256 in one number: each has twelve decimal digits of it (see in_band). Who asked most is found in
-- these.
create table if not exists fraiseql_observe.rollup_user_vector (
  grain smallint not null,
  starts_at timestamptz not null,
  part integer not null, -- of all users, by their keys
  requests numeric not null,
  primary key (grain, starts_at, part)
);

-- Sets that can be united over several pieces of time and several parts of tenants.
create table if not exists fraiseql_observe.rollup_user_set (
  grain smallint not null,
  starts_at timestamptz not null,
  tenant_id text not null,
  part integer not null,
  users bit(1024) not null,
  affected bit(1024), -- those who met an error
  primary key (grain, starts_at, tenant_id, part)
);

-- Numbers that cannot be added up over time: for an hour or a day.
create table if not exists fraiseql_observe.rollup_activity (
  grain smallint not null,
  starts_at timestamptz not null,
  tenant_id text not null,
  requests bigint not null,
  errors bigint not null,
  users bigint not null,
  affected bigint not null,
  requests_per_user numeric not null,
  busiest bigint not null,
  primary key (grain, starts_at, tenant_id)
);

create or replace function fraiseql_observe.add_users_of(
    first bigint, before bigint, first_time timestamptz, before_time timestamptz
  ) returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
  set work_mem = '64MB'
  set jit = off
as $$
begin
  with seen as materialized (
    select e.tenant_id, e.user_id, min(e.occurred_at) as first_seen
      from fraiseql_observe.rows_to_add(first, before, first_time, before_time) as e
     where e.user_id is not null
     group by e.tenant_id, e.user_id
  ),
  earlier as (
    update fraiseql_observe.rollup_user as u
       set first_seen = s.first_seen
      from seen as s
     where u.tenant_id = s.tenant_id
       and u.user_id = s.user_id
       and u.first_seen > s.first_seen
  ),
  newcomers as materialized (
    select s.*
      from seen as s
      left join fraiseql_observe.rollup_user as u using (tenant_id, user_id)
     where u.user_key is null
  ),
  numbered as (
    select n.tenant_id,
           (select coalesce(max(u.number), -1) from fraiseql_observe.rollup_user as u where u.tenant_id = n.tenant_id) as last
      from newcomers as n
     group by n.tenant_id
  )
  insert into fraiseql_observe.rollup_user (tenant_id, user_id, number, first_seen)
  select n.tenant_id,
         n.user_id,
         numbered.last + row_number() over (partition by n.tenant_id order by n.first_seen, n.user_id),
         n.first_seen
    from newcomers as n
    join numbered using (tenant_id);

  insert into fraiseql_observe.rollup_tenant (tenant_id)
  select distinct e.tenant_id from fraiseql_observe.rows_to_add(first, before, first_time, before_time) as e
      on conflict do nothing;

  with powers as materialized (
    select band, fraiseql_observe.in_band(band) as power from generate_series(0, 191) as band
  ),
  banded as (
    select e.hour,
           u.tenant_id,
           u.user_key,
           u.number,
           fraiseql_observe.band(e.duration_ms) as band,
           count(*) as requests,
           count(*) filter (where e.event_type <> 'access') as changes,
           count(*) filter (where e.outcome in ('failure', 'denied')) as errors,
           max(e.occurred_at) as last_seen,
           count(e.duration_ms) as timed
      from fraiseql_observe.rows_to_add(first, before, first_time, before_time) as e
      join fraiseql_observe.rollup_user as u using (tenant_id, user_id)
     group by 1, 2, 3, 4, 5
  ),
  hourly as (
    select hour, tenant_id, user_key, number,
           sum(requests) as requests,
           sum(changes) as changes,
           sum(errors) as errors,
           max(last_seen) as last_seen,
           sum(timed * power) filter (where timed > 0) as durations
      from banded
      join powers using (band)
     group by 1, 2, 3, 4
  ),
  increments as materialized (
    select g.grain,
           date_bin(g.size, h.hour, 'epoch'::timestamptz) as starts_at,
           h.tenant_id,
           h.user_key,
           h.number,
           sum(h.requests)::bigint as requests,
           sum(h.changes)::bigint as changes,
           sum(h.errors)::bigint as errors,
           max(h.last_seen) as last_seen,
           sum(h.durations) as durations
      from hourly as h
     cross join fraiseql_observe.grains() as g
     group by 1, 2, 3, 4, 5
     order by 1, 2, 4
  ),
  written as (
    insert into fraiseql_observe.rollup_user_activity as r
           (grain, starts_at, tenant_id, user_key, requests, changes, errors, last_seen, durations)
    select grain, starts_at, tenant_id, user_key, requests, changes, errors, last_seen, durations from increments
        on conflict (user_key, grain, starts_at) do update
       set requests = r.requests + excluded.requests,
           changes = r.changes + excluded.changes,
           errors = r.errors + excluded.errors,
           last_seen = greatest(r.last_seen, excluded.last_seen),
           durations = coalesce(r.durations + excluded.durations, r.durations, excluded.durations)
    returning grain, starts_at, user_key, requests, errors
  ),
  vectors as (
    insert into fraiseql_observe.rollup_user_vector as r (grain, starts_at, part, requests)
    select grain, starts_at, user_key / 256, sum(requests * power)
      from increments
      join (select place, fraiseql_observe.in_band(place) as power from generate_series(0, 255) as place offset 0) as places
        on place = user_key % 256
     group by 1, 2, 3
     order by 1, 2, 3
        on conflict (grain, starts_at, part) do update
       set requests = r.requests + excluded.requests
  ),
  united as (
    insert into fraiseql_observe.rollup_user_set as r (grain, starts_at, tenant_id, part, users, affected)
    select grain,
           starts_at,
           tenant_id,
           number / 1024,
           bit_or(fraiseql_observe.one_user(number)),
           bit_or(fraiseql_observe.one_user(number)) filter (where errors > 0)
      from increments
     group by 1, 2, 3, 4
     order by 1, 2, 3, 4
        on conflict (grain, starts_at, tenant_id, part) do update
       set users = r.users | excluded.users,
           affected = coalesce(r.affected | excluded.affected, r.affected, excluded.affected)
  )
  insert into fraiseql_observe.rollup_activity as r
         (grain, starts_at, tenant_id, requests, errors, users, affected, requests_per_user, busiest)
  select i.grain,
         i.starts_at,
         i.tenant_id,
         sum(i.requests),
         sum(i.errors),
         -- what is as large as its increment was not there before
         count(*) filter (where w.requests = i.requests),
         count(*) filter (where w.errors > 0 and w.errors = i.errors),
         -- each user leaves one band for another
         sum(into_band.power - coalesce(out_of.power, 0)),
         max(w.requests)
    from increments as i
    join written as w using (grain, starts_at, user_key)
    join powers as into_band on into_band.band = fraiseql_observe.band(w.requests)
    left join powers as out_of
           on w.requests > i.requests and out_of.band = fraiseql_observe.band(w.requests - i.requests)
   where i.grain in (1, 24)
   group by 1, 2, 3
   order by 1, 2, 3
      on conflict (grain, starts_at, tenant_id) do update
     set requests = r.requests + excluded.requests,
         errors = r.errors + excluded.errors,
         users = r.users + excluded.users,
         affected = r.affected + excluded.affected,
         requests_per_user = r.requests_per_user + excluded.requests_per_user,
         busiest = greatest(r.busiest, excluded.busiest);
end;
$$;

create or replace function fraiseql_observe.add_users(first bigint, before bigint) returns void
  language sql
  set search_path = pg_catalog, pg_temp
as $$ select fraiseql_observe.add_users_of(first, before, null, null) $$;

create or replace function fraiseql_observe.add_users_between(first timestamptz, before timestamptz) returns void
  language sql
  set search_path = pg_catalog, pg_temp
as $$ select fraiseql_observe.add_users_of(null, null, first, before) $$;

-- How many users were active in each hour or day, how many of them met an error, and how their requests were spread:
-- `requests_of_one` in rows, `requests_per_user` (a distribution) in roll-ups. All of it adds up over tenants.
create or replace function fraiseql_observe.active_users(f timestamptz, t timestamptz, bucket interval)
  returns table (
    "time" timestamptz, tenant_id text, requests bigint, errors bigint, users bigint, affected bigint, busiest bigint,
    requests_of_one bigint, requests_per_user numeric
  )
  language sql stable parallel safe
as $$
  select n.time, n.tenant_id, n.requests, n.errors, 1::bigint, (n.errors > 0)::integer::bigint, n.requests, n.requests, null::numeric
    from (select date_bin(bucket, e.occurred_at, 'epoch'::timestamptz) as time, e.tenant_id, e.user_id,
                 count(*) as requests, count(*) filter (where e.outcome in ('failure', 'denied')) as errors
            from fraiseql_observe.rows_read(f, t) as e
           where e.user_id is not null
             and not e.superseded
           group by 1, 2, 3) as n
   union all
  select a.starts_at, a.tenant_id, a.requests, a.errors, a.users, a.affected, a.busiest, null, a.requests_per_user
    from fraiseql_observe.rollup_activity as a
   where a.grain = case when t - f > interval '7 days' then 24 else 1 end
     and a.starts_at >= fraiseql_observe.rolled_from(f, t)
     and a.starts_at < fraiseql_observe.rolled_to(f, t)
     and t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
   union all
  -- what is not rolled up may be of users who are counted already
  select n.time, n.tenant_id, n.requests, n.errors,
         (a.user_key is null)::integer::bigint,
         (n.errors > 0 and coalesce(a.errors, 0) = 0)::integer::bigint,
         n.requests + coalesce(a.requests, 0),
         null,
         fraiseql_observe.in_band(fraiseql_observe.band(n.requests + coalesce(a.requests, 0)))
           - case when a.user_key is null then 0 else fraiseql_observe.in_band(fraiseql_observe.band(a.requests)) end
    from (select date_bin(case when t - f > interval '7 days' then interval '24 hours' else interval '1 hour' end, e.occurred_at,
                          'epoch'::timestamptz) as time,
                 e.tenant_id, e.user_id, count(*) as requests,
                 count(*) filter (where e.outcome in ('failure', 'denied')) as errors
            from fraiseql_observe.not_rolled(fraiseql_observe.rolled_from(f, t), fraiseql_observe.rolled_to(f, t)) as e
           where e.user_id is not null
             and not e.superseded
             and t - f > interval '6 hours'
             and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
           group by 1, 2, 3) as n
    left join fraiseql_observe.rollup_user as u using (tenant_id, user_id)
    left join fraiseql_observe.rollup_user_activity as a
           on a.user_key = u.user_key
          and a.grain = case when t - f > interval '7 days' then 24 else 1 end
          and a.starts_at = n.time
$$;

-- The users of a range as sets, and those of them who met an error. Their number is the sum over tenants and parts of
-- bit_count(bit_or(users)); in rows each user is a part of his own.
create or replace function fraiseql_observe.user_sets(f timestamptz, t timestamptz)
  returns table (tenant_id text, part text, users bit, affected bit)
  language sql stable parallel safe
as $$
  select n.tenant_id, n.user_id, 1::bit(1024), case when n.failed then 1::bit(1024) end
    from (select e.tenant_id, e.user_id, bool_or(e.outcome in ('failure', 'denied')) as failed
            from fraiseql_observe.rows_read(f, t) as e
           where e.user_id is not null
             and not e.superseded
           group by 1, 2) as n
   union all
  select s.tenant_id, s.part::text, s.users, s.affected
    from fraiseql_observe.pieces(f, t) as p
    join fraiseql_observe.rollup_user_set as s
      on s.grain = p.grain and s.starts_at >= p.first and s.starts_at < p.before
   where t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
   union all
  select n.tenant_id,
         coalesce((u.number / 1024)::text, 'user ' || n.user_id),
         coalesce(fraiseql_observe.one_user(u.number), 1::bit(1024)),
         case when n.failed then coalesce(fraiseql_observe.one_user(u.number), 1::bit(1024)) end
    from (select e.tenant_id, e.user_id, bool_or(e.outcome in ('failure', 'denied')) as failed
            from fraiseql_observe.not_rolled(fraiseql_observe.rolled_from(f, t), fraiseql_observe.rolled_to(f, t)) as e
           where e.user_id is not null
             and not e.superseded
             and t - f > interval '6 hours'
             and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
           group by 1, 2) as n
    left join fraiseql_observe.rollup_user as u using (tenant_id, user_id)
$$;

-- How often each user asked, but for rows that are not rolled up, to find those who did most. A user who is in roll-ups comes
-- by his key (see rollup_user), any other by his name.
create or replace function fraiseql_observe.user_requests(f timestamptz, t timestamptz, tenants text[])
  returns table (user_key integer, tenant_id text, user_id text, requests double precision)
  language sql stable
as $$
  select null::integer, e.tenant_id, e.user_id, 1::double precision
    from fraiseql_observe.rows_read(f, t) as e
   where e.tenant_id = any(tenants)
     and e.user_id is not null
     and not e.superseded
   union all
  -- of all tenants: from the vectors, whose numbers stand in the order of the digits
  select v.user_key, null, null, v.requests
    from (select s.part * 256 + place as user_key,
                 encode(substr(s.digits, 3061 - 12 * place, 12), 'escape')::double precision as requests
            from (select r.part, convert_to(lpad(sum(r.requests)::text, 3072, '0'), 'SQL_ASCII') as digits
                    from fraiseql_observe.pieces(f, t) as p
                    join fraiseql_observe.rollup_user_vector as r
                      on r.grain = p.grain and r.starts_at >= p.first and r.starts_at < p.before
                   where t - f > interval '6 hours'
                     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
                     and (select a.all_tenants from fraiseql_observe.asked(tenants) as a)
                   group by r.part
                  offset 0) as s
           cross join generate_series(0, 255) as place) as v
   where v.requests > 0
   union all
  select r.user_key, null, null, r.requests
    from fraiseql_observe.pieces(f, t) as p
    join fraiseql_observe.rollup_user_activity as r
      on r.grain = p.grain and r.starts_at >= p.first and r.starts_at < p.before
   where r.tenant_id = any(tenants)
     and t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
     and not (select a.all_tenants from fraiseql_observe.asked(tenants) as a)
$$;

-- What users did, but for rows that are not rolled up; durations are milliseconds in rows, distributions of them in
-- roll-ups. For a few users: it finds each by himself.
create or replace function fraiseql_observe.user_totals(f timestamptz, t timestamptz)
  returns table (
    tenant_id text, user_id text, requests bigint, changes bigint, errors bigint, last_seen timestamptz,
    duration_ms double precision, durations numeric
  )
  language sql stable
as $$
  select e.tenant_id, e.user_id, 1::bigint, (e.event_type <> 'access')::integer::bigint,
         (e.outcome in ('failure', 'denied'))::integer::bigint, e.occurred_at, e.duration_ms, null::numeric
    from fraiseql_observe.rows_read(f, t) as e
   where not e.superseded
   union all
  select u.tenant_id, u.user_id, r.requests, r.changes, r.errors, r.last_seen, null, r.durations
    from fraiseql_observe.rollup_user as u
   cross join fraiseql_observe.pieces(f, t) as p
    join fraiseql_observe.rollup_user_activity as r
      on r.user_key = u.user_key and r.grain = p.grain and r.starts_at >= p.first and r.starts_at < p.before
   where t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
$$;

-- The same of the rows that are not rolled up: of all users, for these are few.
create or replace function fraiseql_observe.user_totals_not_rolled(f timestamptz, t timestamptz, tenants text[])
  returns table (
    tenant_id text, user_id text, requests bigint, changes bigint, errors bigint, last_seen timestamptz,
    duration_ms double precision, durations numeric
  )
  language sql stable
as $$
  select e.tenant_id, e.user_id, 1::bigint, (e.event_type <> 'access')::integer::bigint,
         (e.outcome in ('failure', 'denied'))::integer::bigint, e.occurred_at, null::double precision,
         case when e.duration_ms is not null then fraiseql_observe.in_band(fraiseql_observe.band(e.duration_ms)) end
    from fraiseql_observe.not_rolled(fraiseql_observe.rolled_from(f, t), fraiseql_observe.rolled_to(f, t)) as e
   where e.tenant_id = any(tenants)
     and e.user_id is not null
     and not e.superseded
     and t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up)
$$;

-- Whether our log has a row of a user from before an instant. Not in the planner's sight, as uncovered_rows.
create or replace function fraiseql_observe.seen_in_rows(tenant_id text, user_id text, before timestamptz) returns boolean
  language plpgsql stable
as $$
begin
  return exists (
    select from fraiseql_observe.audit_events as e
     where e.tenant_id = seen_in_rows.tenant_id
       and e.user_id = seen_in_rows.user_id
       and e.occurred_at < before
       and e.source = 'fraiseql_observe'
  );
end;
$$;

-- The users whose first recorded operation ever lies in the range, whatever its length. As soon as the roll-ups hold all
-- that is there, the history of a user need not be looked at.
create or replace function fraiseql_observe.new_users(f timestamptz, t timestamptz)
  returns table (tenant_id text, user_id text, first_seen timestamptz)
  language sql stable
as $$
  with others as materialized (
    select e.tenant_id, e.user_id, min(e.occurred_at) as first_seen
      from (select n.tenant_id, n.user_id, n.occurred_at
              from fraiseql_observe.not_rolled(f, t + interval '1 microsecond') as n
             where f >= (select covered_from from fraiseql_observe.rolled_up)
             union all
            select r.tenant_id, r.user_id, r.occurred_at
              from fraiseql_observe.rows_read(f, t) as r
             where f < (select covered_from from fraiseql_observe.rolled_up)) as e
     where e.user_id is not null
     group by e.tenant_id, e.user_id
  ),
  users as (
    select u.tenant_id, u.user_id, least(u.first_seen, o.first_seen) as first_seen
      from fraiseql_observe.rollup_user as u
      left join others as o using (tenant_id, user_id)
     where u.first_seen between f and t
     union all
    select o.tenant_id, o.user_id, o.first_seen
      from others as o
     where not exists (
             select from fraiseql_observe.rollup_user as u
              where u.tenant_id = o.tenant_id
                and u.user_id = o.user_id
                and u.first_seen <= t
           )
  ),
  -- rows that came late and are not rolled up: looked up once, not for each user
  late as materialized (
    select distinct case when e.tenant_id is null then '(none)' else e.tenant_id end as tenant_id, e.user_id
      from fraiseql_observe.audit_event as e
     where e.user_id is not null
       and e.occurred_at < f
       and e.transaction_id >= (select next_transaction from fraiseql_observe.rolled_up)
       and e.transaction_id < 9223372036854775807
  )
  select n.tenant_id, n.user_id, n.first_seen
    from users as n
   where not exists (select from late as l where l.tenant_id = n.tenant_id and l.user_id = n.user_id)
     -- one index probe a user; LIMIT keeps it from becoming a join over all of the history
     and (select e.occurred_at
            from fraiseql_observe.audit_events as e
           where e.tenant_id = n.tenant_id
             and e.user_id = n.user_id
             and e.occurred_at < f
             and e.source <> 'fraiseql_observe'
           limit 1) is null
     and ((select covered_from from fraiseql_observe.rolled_up) = '-infinity'
          or not fraiseql_observe.seen_in_rows(n.tenant_id, n.user_id, f))
$$;
