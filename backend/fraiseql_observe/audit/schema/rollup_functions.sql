-- What the families of roll-ups share.

-- --- which part of a range is read from where

-- A range of at most 6 hours is read from rows, a longer one from roll-ups: in whole hours, and in whole days when it is
-- longer than 7 days. These two give the range that is read. Immutable, for an interval of hours is the same everywhere.
create or replace function fraiseql_observe.rolled_from(f timestamptz, t timestamptz) returns timestamptz
  language sql immutable parallel safe
  return date_bin(case when t - f > interval '7 days' then interval '24 hours' else interval '1 hour' end, f, 'epoch'::timestamptz);

create or replace function fraiseql_observe.rolled_to(f timestamptz, t timestamptz) returns timestamptz
  language sql immutable parallel safe
  return case
    when t - f > interval '7 days'
      then date_bin('24 hours', t + interval '24 hours' - interval '1 microsecond', 'epoch'::timestamptz)
    else date_bin('1 hour', t + interval '1 hour' - interval '1 microsecond', 'epoch'::timestamptz)
  end;

-- How a range is read: whether from roll-ups; the times that are read, `before` not included; the step of a series that
-- adds up, and that of one whose values do not (distinct users, percentiles): an hour or a day.
create or replace function fraiseql_observe.reading(f timestamptz, t timestamptz, bucket interval)
  returns table (rolled boolean, first timestamptz, before timestamptz, step interval, unit interval)
  language sql stable parallel safe rows 1
as $$
  select r.rolled,
         case when r.rolled then fraiseql_observe.rolled_from(f, t) else f end,
         case when r.rolled then fraiseql_observe.rolled_to(f, t) else t end,
         case when r.rolled then ceil(extract(epoch from bucket) / 3600) * interval '1 hour' else bucket end,
         case when not r.rolled then bucket when t - f > interval '7 days' then interval '24 hours' else interval '1 hour' end
    from (select t - f > interval '6 hours'
                 and fraiseql_observe.rolled_from(f, t) >= (select covered_from from fraiseql_observe.rolled_up) as rolled
         ) as r
$$;

-- The grains in which sums are kept, in hours. A range is put together from few large pieces and some small ones.
create or replace function fraiseql_observe.grains() returns table (grain smallint, size interval)
  language sql immutable parallel safe rows 4
as $$
  select hours, hours * interval '1 hour' from unnest(array[1, 24, 96, 384]::smallint[]) as hours
$$;

-- The pieces that make up a range: of each grain the starts from `first` to before `before`. No piece reaches over the
-- `cut` before which sums were kept when the others were made anew.
create or replace function fraiseql_observe.pieces(f timestamptz, t timestamptz)
  returns table (grain smallint, first timestamptz, before timestamptz)
  language sql stable parallel safe rows 9
as $$
  with inside as (
    -- of each grain that which lies wholly on one side
    select s.side,
           g.grain,
           date_bin(g.size, s.first + g.size - interval '1 microsecond', 'epoch'::timestamptz) as first,
           date_bin(g.size, s.before, 'epoch'::timestamptz) as before
      from fraiseql_observe.rolled_up as r
     cross join lateral (
            values (1, fraiseql_observe.rolled_from(f, t), least(fraiseql_observe.rolled_to(f, t), r.cut)),
                   (2, greatest(fraiseql_observe.rolled_from(f, t), r.cut), fraiseql_observe.rolled_to(f, t))
          ) as s (side, first, before)
     cross join fraiseql_observe.grains() as g
     where s.first < s.before
       and g.grain >= case when t - f > interval '7 days' then 24 else 1 end
  ),
  -- a larger grain takes the middle
  around as (
    select i.*, lead(i.first) over coarser as next_first, lead(i.before) over coarser as next_before
      from inside as i
     where i.first < i.before
    window coarser as (partition by i.side order by i.grain)
  )
  select a.grain, p.first, p.before
    from around as a
   cross join lateral (values (a.first, coalesce(a.next_first, a.before)), (a.next_before, a.before)) as p (first, before)
   where p.first < p.before
$$;

-- The rows of a long range that roll-ups do not cover. Not in the planner's sight: it would plan for each partition, on behalf
-- of every question, what nearly never runs.
create or replace function fraiseql_observe.uncovered_rows(f timestamptz, t timestamptz)
  returns table (
    occurred_at timestamptz, recorded_at timestamptz, tenant_id text, user_id text, ip_address text, endpoint text,
    operation_type text, operation_name text, event_type text, category text, entity text, outcome text, error_type text,
    error_code text, severity text, error_fingerprint text, error_message text, duration_ms double precision,
    complexity integer, depth integer, superseded boolean
  )
  language plpgsql stable
as $$
begin
  if t - f > interval '6 hours'
     and fraiseql_observe.rolled_from(f, t) < (select r.covered_from from fraiseql_observe.rolled_up as r) then
    return query
    select e.occurred_at, e.recorded_at, e.tenant_id, e.user_id, e.ip_address, e.endpoint, e.operation_type,
           e.operation_name, e.event_type, e.category, e.entity, e.outcome, e.error_type, e.error_code, e.severity,
           e.error_fingerprint, e.error_message, e.duration_ms, e.complexity, e.depth, e.superseded
      from fraiseql_observe.audit_events as e
     where e.occurred_at between f and t;
  end if;
end;
$$;

-- The rows from which a range is read: all of a short one, or of a long one that roll-ups do not cover.
create or replace function fraiseql_observe.rows_read(f timestamptz, t timestamptz)
  returns table (
    occurred_at timestamptz, recorded_at timestamptz, tenant_id text, user_id text, ip_address text, endpoint text,
    operation_type text, operation_name text, event_type text, category text, entity text, outcome text, error_type text,
    error_code text, severity text, error_fingerprint text, error_message text, duration_ms double precision,
    complexity integer, depth integer, superseded boolean
  )
  language sql stable
as $$
  select e.occurred_at, e.recorded_at, e.tenant_id, e.user_id, e.ip_address, e.endpoint, e.operation_type,
         e.operation_name, e.event_type, e.category, e.entity, e.outcome, e.error_type, e.error_code, e.severity,
         e.error_fingerprint, e.error_message, e.duration_ms, e.complexity, e.depth, e.superseded
    from fraiseql_observe.audit_events as e
   where e.occurred_at between f and t
     and t - f <= interval '6 hours'
   union all
  select e.*
    from fraiseql_observe.uncovered_rows(f, t) as e
   where t - f > interval '6 hours'
$$;

-- The rows of tenants from one instant to another, where no roll-up is fine enough. Not in the planner's sight either.
create or replace function fraiseql_observe.rows_between(first timestamptz, before timestamptz, tenants text[])
  returns table (
    tenant_id text, user_id text, endpoint text, operation_type text, operation_name text, outcome text, superseded boolean
  )
  language plpgsql stable
as $$
begin
  return query
  select e.tenant_id, e.user_id, e.endpoint, e.operation_type, e.operation_name, e.outcome, e.superseded
    from fraiseql_observe.audit_events as e
   where e.occurred_at >= first
     and e.occurred_at < before
     and e.tenant_id = any(tenants);
end;
$$;

-- The rows of a range that no roll-up holds yet: ours that the watermark has not passed, and those of FraiseQL's own logs.
create or replace function fraiseql_observe.not_rolled(first timestamptz, before timestamptz)
  returns table (
    occurred_at timestamptz, recorded_at timestamptz, tenant_id text, user_id text, ip_address text, endpoint text,
    operation_type text, operation_name text, event_type text, category text, entity text, outcome text, error_type text,
    error_code text, severity text, error_fingerprint text, error_message text, duration_ms double precision,
    complexity integer, depth integer, superseded boolean
  )
  language sql stable parallel safe
as $$
  select e.occurred_at, e.recorded_at, case when e.tenant_id is null then '(none)' else e.tenant_id end, e.user_id,
         host(e.ip_address), e.endpoint, e.operation_type, e.operation_name, e.event_type, e.category, e.entity, e.outcome,
         e.error_type, e.error_code, e.severity, e.error_fingerprint, e.error_message, e.duration_ms, e.complexity,
         e.depth, false
    from fraiseql_observe.audit_event as e
   where e.occurred_at >= first
     and e.occurred_at < before
     and e.transaction_id >= (select next_transaction from fraiseql_observe.rolled_up)
     -- between two bounds the planner expects few rows, and looks them up by transaction
     and e.transaction_id < 9223372036854775807
   union all
  select e.occurred_at, e.recorded_at, e.tenant_id, e.user_id, e.ip_address, e.endpoint, e.operation_type,
         e.operation_name, e.event_type, e.category, e.entity, e.outcome, e.error_type, e.error_code, e.severity,
         e.error_fingerprint, e.error_message, e.duration_ms, e.complexity, e.depth, e.superseded
    from fraiseql_observe.audit_events as e
   where e.occurred_at >= first
     and e.occurred_at < before
     and e.source <> 'fraiseql_observe'
$$;

-- The rows that a turn adds: of the transactions, or of the times. What is not asked for is null.
create or replace function fraiseql_observe.rows_to_add(
    first bigint, before bigint, first_time timestamptz, before_time timestamptz
  ) returns table (
    hour timestamptz, occurred_at timestamptz, recorded_at timestamptz, tenant_id text, user_id text, ip_address text,
    endpoint text, operation_type text, operation_name text, event_type text, category text, entity text, outcome text,
    error_type text, error_code text, severity text, error_fingerprint text, error_message text,
    duration_ms double precision, complexity integer, depth integer
  )
  language sql stable
as $$
  select date_bin('1 hour', e.occurred_at, 'epoch'::timestamptz), e.occurred_at, e.recorded_at,
         coalesce(e.tenant_id, '(none)'), e.user_id, host(e.ip_address), e.endpoint, e.operation_type, e.operation_name,
         e.event_type, e.category, e.entity, e.outcome, e.error_type, e.error_code, e.severity, e.error_fingerprint,
         e.error_message, e.duration_ms, e.complexity, e.depth
    from fraiseql_observe.new_event as e
   where e.transaction_id >= first
     and e.transaction_id < before
   union all
  select date_bin('1 hour', e.occurred_at, 'epoch'::timestamptz), e.occurred_at, e.recorded_at,
         coalesce(e.tenant_id, '(none)'), e.user_id, host(e.ip_address), e.endpoint, e.operation_type, e.operation_name,
         e.event_type, e.category, e.entity, e.outcome, e.error_type, e.error_code, e.severity, e.error_fingerprint,
         e.error_message, e.duration_ms, e.complexity, e.depth
    from fraiseql_observe.old_event as e
   where e.occurred_at >= first_time
     and e.occurred_at < before_time
$$;

-- --- distributions

-- A positive number falls into a band that begins a tenth above the one before, as in DDSketch (Masson, Rim, Lee 2019):
-- the value of a band is at most 4.8 per cent off. From 0.05 to 3.8 millions; what lies outside goes into the last one.
create or replace function fraiseql_observe.band(x double precision) returns integer
  language sql immutable parallel safe
  return case when x > 0.05 then least(ceil(ln(x) / ln(1.1::double precision)) + 32, 191)::integer else 0 end;

create or replace function fraiseql_observe.band_value(band integer) returns double precision
  language sql immutable parallel safe
  return case when band = 0 then 0 else 2 * 1.1::double precision ^ (band - 32) / 2.1 end;

-- A distribution is one number: each band has twelve decimal digits of it, and adding two distributions is adding numbers.
create or replace function fraiseql_observe.in_band(band integer) returns numeric
  language sql immutable parallel safe
  return ('1' || repeat('0', 12 * band))::numeric;

-- A percentile of a distribution, between two values as percentile_cont has it. A loop, for it is called for each line of
-- an answer and a query in it would take ten times as long.
create or replace function fraiseql_observe.percentile(distribution numeric, fraction double precision)
  returns double precision
  language plpgsql immutable parallel safe strict
as $$
declare
  digits constant text := distribution::text;
  whole constant text := lpad(digits, (length(digits) + 11) / 12 * 12, '0');
  held constant bigint[] := string_to_array(rtrim(regexp_replace(whole, '(.{12})', '\1,', 'g'), ','), ',')::bigint[];
  highest constant integer := cardinality(held) - 1;
  number bigint := 0;
  below bigint := 0;
  rank double precision;
  low double precision;
begin
  for place in 1 .. highest + 1 loop
    number := number + held[place];
  end loop;
  rank := fraction * (number - 1);
  for band in 0 .. highest loop
    below := below + held[highest + 1 - band];
    if low is null and below > floor(rank) then
      low := fraiseql_observe.band_value(band);
    end if;
    if below > ceil(rank) then
      return low + (rank - floor(rank)) * (fraiseql_observe.band_value(band) - low);
    end if;
  end loop;
  return null;
end;
$$;

-- --- sets of users

-- A set of users is a row of bits, one for each of 1024 users of a tenant; `part` says which 1024. The number of distinct
-- users of several sets is the number of bits of their union: bit_count(bit_or(users)), for each tenant and part.
create or replace function fraiseql_observe.one_user(number integer) returns bit
  language sql immutable parallel safe
  return set_bit(0::bit(1024), number % 1024, 1);

-- Each user with his number within the tenant, and when he was first seen. It outlives what is kept of him elsewhere.
create table if not exists fraiseql_observe.rollup_user (
  user_key integer generated always as identity primary key,
  tenant_id text not null,
  user_id text not null,
  number integer not null,
  first_seen timestamptz not null,
  unique (tenant_id, user_id),
  unique (tenant_id, number)
);
create index if not exists rollup_user_first_seen on fraiseql_observe.rollup_user (first_seen);

-- The tenants that roll-ups know.
create table if not exists fraiseql_observe.rollup_tenant (tenant_id text primary key);

-- Whether somebody who sees all tenants asks about all of them: what is summed up over tenants then answers him.
create or replace function fraiseql_observe.asked(tenants text[]) returns table (all_tenants boolean)
  language sql stable parallel safe rows 1
as $$
  select nullif(current_setting('fraiseql.tenant_id', true), '') is null
         and not exists (select from fraiseql_observe.rollup_tenant as t where t.tenant_id <> all (tenants))
$$;

-- The tenants of our rows, for as long as roll-ups do not know them all: a jump from one to the next along an index, as fast
-- as there are tenants. Not in the planner's sight, as uncovered_rows.
create or replace function fraiseql_observe.tenants_in_rows() returns setof text
  language plpgsql stable
as $$
begin
  if (select r.covered_from from fraiseql_observe.rolled_up as r) > '-infinity' then
    return query
    with recursive found (tenant) as (
      (select (case when t.tenant_id is null then '(none)' else t.tenant_id end) from fraiseql_observe.audit_event as t order by (case when t.tenant_id is null then '(none)' else t.tenant_id end) limit 1)
      union all
      select (select (case when t.tenant_id is null then '(none)' else t.tenant_id end) from fraiseql_observe.audit_event as t where (case when t.tenant_id is null then '(none)' else t.tenant_id end) > found.tenant order by (case when t.tenant_id is null then '(none)' else t.tenant_id end) limit 1)
        from found
       where found.tenant is not null
    )
    select tenant from found where tenant is not null;
  end if;
end;
$$;
