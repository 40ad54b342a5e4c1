-- For a database without FraiseQL audit logs, on PostgreSQL 15 or later. With --database the views also
-- read those that are there, and pg_stat_statements.

begin;
set local search_path = pg_catalog, pg_temp;
select pg_advisory_xact_lock(7105120011);

-- tables
-- What the instrument writes. One schema of our own: nothing of the application is touched.
create schema if not exists fraiseql_observe;

create table if not exists fraiseql_observe.schema_version (
  version integer primary key,
  applied_at timestamptz not null default clock_timestamp(),
  applied_by text not null default current_user
);

-- One row for each GraphQL operation. The writer sends a batch again when its commit was ambiguous: the key makes that
-- harmless, and begins with the time so that a range reads neighbouring pages.
create table if not exists fraiseql_observe.audit_event (
  event_id uuid not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  tenant_id text,
  user_id text,
  roles text[],
  request_id text,
  ip_address inet,
  endpoint text,
  operation_type text,
  operation_name text,
  event_type text not null check (event_type in ('create', 'update', 'delete', 'access')),
  category text not null default 'data' check (category in ('data', 'admin', 'permission')),
  entity text,
  entity_id text,
  outcome text not null check (outcome in ('success', 'failure', 'noop', 'denied')),
  error_type text,
  error_code text,
  severity text,
  error_fingerprint text,
  error_message text,
  duration_ms double precision,
  complexity integer,
  depth integer,
  mode text,
  primary key (occurred_at, event_id)
);

-- One row for each distinct error, kept up to date in the transaction that writes its audit rows.
create table if not exists fraiseql_observe.error_group (
  fingerprint text primary key,
  error_type text,
  severity text,
  error_code text,
  operation_name text,
  message text,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  occurrences bigint not null default 1,
  status text not null default 'open' check (status in ('open', 'resolved', 'regressed')),
  resolved_at timestamptz,
  resolved_by text,
  resolution_note text
);

-- roles
-- Roles belong to the server, not to one database: two set-ups at once may meet here. Where both exist already, no right
-- on roles is needed.
do $$
begin
  if to_regrole('fraiseql_observe_reader') is null then
    create role fraiseql_observe_reader nologin connection limit 20;
  end if;
exception when duplicate_object or unique_violation then null;
end;
$$;
do $$
begin
  if to_regrole('fraiseql_observe_writer') is null then
    create role fraiseql_observe_writer nologin;
  end if;
exception when duplicate_object or unique_violation then null;
end;
$$;

-- The reader is for dashboards: it reads, briefly. The grants below are the wall; these settings keep it from mistakes
-- and from holding the database up. Altered only when they differ.
do $$
begin
  if not (select coalesce(rolconfig, '{}') @> array['default_transaction_read_only=on', 'statement_timeout=15s',
                                                    'lock_timeout=2s', 'idle_in_transaction_session_timeout=30s']
            from pg_catalog.pg_roles
           where rolname = 'fraiseql_observe_reader') then
    alter role fraiseql_observe_reader set default_transaction_read_only = on;
    alter role fraiseql_observe_reader set statement_timeout = '15s';
    alter role fraiseql_observe_reader set lock_timeout = '2s';
    alter role fraiseql_observe_reader set idle_in_transaction_session_timeout = '30s';
  end if;
end;
$$;

-- functions
-- A name such as post.created, createPost or DELETE_USER as separate words.
create or replace function fraiseql_observe.words(name text) returns text
  language sql immutable parallel safe
  return regexp_replace(regexp_replace(name, '([a-z0-9])([A-Z])', '\1 \2', 'g'), '[^[:alnum:]]+', ' ', 'g');

-- create, update, delete or access, from the verb in a name; an unknown verb is an update.
create or replace function fraiseql_observe.event_type(name text) returns text
  language sql immutable parallel safe
  return case
    when fraiseql_observe.words(name) ~* '\m(delet|remov|revok|destroy|archiv|unassign)' then 'delete'
    when fraiseql_observe.words(name) ~* '\m(creat|insert|add(s|ed)?\M|grant|assign|regist|invit)' then 'create'
    when fraiseql_observe.words(name) ~* '\m(access|read|view|get|list|search|quer|export|download|log(in|out)|auth)'
      then 'access'
    else 'update'
  end;

-- permission, admin or data, from the words in a name.
create or replace function fraiseql_observe.event_category(name text) returns text
  language sql immutable parallel safe
  return case
    when fraiseql_observe.words(name) ~* '\m(roles?|permissions?|privileges?|grant(s|ed)?|revoked?|revokes)\M' then 'permission'
    when fraiseql_observe.words(name) ~* '\m(admin|administrator|config|configuration|settings?|system)\M' then 'admin'
    else 'data'
  end;

-- Close an error. It opens again, as regressed, when it happens once more.
create or replace function fraiseql_observe.resolve_error(fingerprint text, resolved_by text, note text default null)
  returns boolean
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  update fraiseql_observe.error_group as g
     set status = 'resolved',
         resolved_at = clock_timestamp(),
         resolved_by = resolve_error.resolved_by,
         resolution_note = resolve_error.note
   where g.fingerprint = resolve_error.fingerprint
     and g.status <> 'resolved';
  if found then
    return true;
  end if;
  if exists (select from fraiseql_observe.error_group as g where g.fingerprint = resolve_error.fingerprint) then
    return false; -- resolved already: who did it first stays
  end if;
  raise exception 'no error with fingerprint %', resolve_error.fingerprint using errcode = 'no_data_found';
end;
$$;

-- index audit_event_failed
create index if not exists audit_event_failed
  on fraiseql_observe.audit_event (occurred_at)
  where outcome in ('failure', 'denied');

-- index audit_event_admin
create index if not exists audit_event_admin
  on fraiseql_observe.audit_event (occurred_at)
  where category in ('admin', 'permission');

-- index audit_event_fingerprint
create index if not exists audit_event_fingerprint
  on fraiseql_observe.audit_event (error_fingerprint, occurred_at)
  where error_fingerprint is not null;

-- index audit_event_tenant_user
create index if not exists audit_event_tenant_user
  on fraiseql_observe.audit_event ((case when tenant_id is null then '(none)' else tenant_id end), user_id, occurred_at);

-- index audit_event_recorded
create index if not exists audit_event_recorded
  on fraiseql_observe.audit_event using brin (recorded_at);

-- index error_group_unresolved
create index if not exists error_group_unresolved
  on fraiseql_observe.error_group (severity, last_seen)
  where status <> 'resolved';

-- index error_group_resolved
create index if not exists error_group_resolved
  on fraiseql_observe.error_group (resolved_at)
  where status = 'resolved';

-- view audit_events
create or replace view fraiseql_observe.audit_events with (security_invoker = true) as
-- ours: written by the instrument, one row an operation
select 'fraiseql_observe' as source,
       t.event_id::text as event_id,
       t.occurred_at,
       t.recorded_at,
       case when t.tenant_id is null then '(none)' else t.tenant_id end as tenant_id,
       t.user_id,
       t.roles,
       t.request_id,
       host(t.ip_address) as ip_address,
       t.endpoint,
       t.operation_type,
       t.operation_name,
       t.event_type,
       t.category,
       t.entity,
       t.entity_id,
       t.outcome,
       t.error_type,
       t.error_code,
       t.severity,
       t.error_fingerprint,
       t.error_message,
       t.duration_ms,
       t.complexity,
       t.depth,
       t.mode,
       false as superseded
  from fraiseql_observe.audit_event as t
 where ((select nullif(current_setting('fraiseql.tenant_id', true), '')) is null or t.tenant_id = any ((select string_to_array(nullif(current_setting('fraiseql.tenant_id', true), ''), chr(31)))::text[]));

-- view error_groups
create or replace view fraiseql_observe.error_groups with (security_invoker = true) as
-- A session that is narrowed to tenants sees the errors that these met, without the last message: it may be
-- another tenant's.
select 'fraiseql_observe' as source,
       g.fingerprint,
       g.error_type,
       g.severity,
       g.error_code,
       g.operation_name,
       case when (select nullif(current_setting('fraiseql.tenant_id', true), '')) is null then g.message end as message,
       g.first_seen,
       g.last_seen,
       g.occurrences,
       g.status,
       g.resolved_at,
       g.resolved_by,
       g.resolution_note,
       true as has_events
  from fraiseql_observe.error_group as g
 where (select nullif(current_setting('fraiseql.tenant_id', true), '')) is null
    or exists (select from fraiseql_observe.audit_event as e
                where e.error_fingerprint = g.fingerprint
                  and e.tenant_id = any ((select string_to_array(nullif(current_setting('fraiseql.tenant_id', true), ''), chr(31)))::text[]));

-- view tenants
create or replace view fraiseql_observe.tenants with (security_invoker = true) as
select unnest((select string_to_array(nullif(current_setting('fraiseql.tenant_id', true), ''), chr(31)))::text[]) as tenant_id where (select nullif(current_setting('fraiseql.tenant_id', true), '')) is not null union
-- Jumps from tenant to tenant along an index: as fast as there are tenants, however many rows they have.
select tenant_id
  from (with recursive found (tenant) as (
          (select (case when t.tenant_id is null then '(none)' else t.tenant_id end) from fraiseql_observe.audit_event as t where (case when t.tenant_id is null then '(none)' else t.tenant_id end) is not null order by (case when t.tenant_id is null then '(none)' else t.tenant_id end) limit 1)
          union all
          select (select (case when t.tenant_id is null then '(none)' else t.tenant_id end) from fraiseql_observe.audit_event as t where (case when t.tenant_id is null then '(none)' else t.tenant_id end) > found.tenant order by (case when t.tenant_id is null then '(none)' else t.tenant_id end) limit 1)
            from found
           where found.tenant is not null
        )
        select tenant::text as tenant_id from found where tenant is not null) as tenants
 where (select nullif(current_setting('fraiseql.tenant_id', true), '')) is null;

-- view statement_stats
-- With its owner's rights: the reader sees these columns and nothing else of pg_stat_statements. A view alone would not
-- do, for the extension looks at who asks, and hides the statements of others.
create or replace function fraiseql_observe.read_statement_stats()
  returns table (
    statement text, calls bigint, mean_ms double precision, max_ms double precision, total_ms double precision,
    rows bigint, cache_hit_ratio double precision
  )
  language sql stable security definer rows 200
  set search_path = pg_catalog, pg_temp
as $$
-- pg_stat_statements is not installed: the same columns, no rows.
select null::text as statement,
       null::bigint as calls,
       null::double precision as mean_ms,
       null::double precision as max_ms,
       null::double precision as total_ms,
       null::bigint as rows,
       null::double precision as cache_hit_ratio
 where false
$$;

create or replace view fraiseql_observe.statement_stats as
select statement, calls, mean_ms, max_ms, total_ms, rows, cache_hit_ratio from fraiseql_observe.read_statement_stats();

-- grants
revoke all on schema fraiseql_observe from public;
revoke all on all tables in schema fraiseql_observe from public, fraiseql_observe_reader, fraiseql_observe_writer;
revoke all on all functions in schema fraiseql_observe from public, fraiseql_observe_reader, fraiseql_observe_writer;
grant usage on schema fraiseql_observe to fraiseql_observe_reader, fraiseql_observe_writer;

grant select on
    fraiseql_observe.audit_events, fraiseql_observe.error_groups, fraiseql_observe.tenants,
    fraiseql_observe.statement_stats, fraiseql_observe.audit_event, fraiseql_observe.error_group,
    fraiseql_observe.schema_version
  to fraiseql_observe_reader;
grant execute on function
    fraiseql_observe.words(text), fraiseql_observe.event_type(text), fraiseql_observe.event_category(text),
    fraiseql_observe.read_statement_stats()
  to fraiseql_observe_reader;

-- The application adds rows and cannot change what was recorded. It reads back only what its own insert returns, to
-- bring the error groups up to date: no user, tenant or entity.
grant insert,
      select (occurred_at, event_id, error_fingerprint, error_type, severity, error_code, operation_name, error_message)
  on fraiseql_observe.audit_event to fraiseql_observe_writer;
grant select, insert, update on fraiseql_observe.error_group to fraiseql_observe_writer;
grant execute on function fraiseql_observe.resolve_error(text, text, text) to fraiseql_observe_writer;

-- row security
-- The setting fraiseql.tenant_id narrows a transaction to one tenant, or to several separated by chr(31);
-- unset or empty shows all. It is a scope that a
-- trusted service sets, not a wall against somebody who may write SQL of his own and set it himself.
alter table fraiseql_observe.audit_event enable row level security;
alter table fraiseql_observe.error_group enable row level security;

drop policy if exists reader_select on fraiseql_observe.audit_event;
create policy reader_select on fraiseql_observe.audit_event for select to fraiseql_observe_reader
  using ((select nullif(current_setting('fraiseql.tenant_id', true), '')) is null
         or tenant_id = any ((select string_to_array(nullif(current_setting('fraiseql.tenant_id', true), ''), chr(31)))::text[]));

drop policy if exists writer_insert on fraiseql_observe.audit_event;
create policy writer_insert on fraiseql_observe.audit_event for insert to fraiseql_observe_writer with check (true);

-- INSERT ... RETURNING reads the rows that it adds
drop policy if exists writer_select on fraiseql_observe.audit_event;
create policy writer_select on fraiseql_observe.audit_event for select to fraiseql_observe_writer using (true);

-- An error belongs to every tenant that met it.
drop policy if exists reader_select on fraiseql_observe.error_group;
create policy reader_select on fraiseql_observe.error_group for select to fraiseql_observe_reader
  using ((select nullif(current_setting('fraiseql.tenant_id', true), '')) is null
         or exists (select from fraiseql_observe.audit_event as e
                     where e.error_fingerprint = fingerprint
                       and e.tenant_id = any ((select string_to_array(nullif(current_setting('fraiseql.tenant_id', true), ''), chr(31)))::text[])));

drop policy if exists writer_all on fraiseql_observe.error_group;
create policy writer_all on fraiseql_observe.error_group for all to fraiseql_observe_writer using (true) with check (true);

-- version
insert into fraiseql_observe.schema_version (version) values (1) on conflict do nothing;

commit;

-- The reader logs in once it has a password: \password fraiseql_observe_reader, then alter role fraiseql_observe_reader login;
