-- What the instrument writes. One schema of our own: nothing of the application is touched.
create schema if not exists fraiseql_observe;

create table if not exists fraiseql_observe.schema_version (
  version integer primary key,
  applied_at timestamptz not null default clock_timestamp(),
  applied_by text not null default current_user
);

-- One row for each GraphQL operation, in partitions by time. The writer sends a batch again when its commit was
-- ambiguous: the key makes that harmless, and begins with the time so that a range reads neighbouring pages.
-- transaction_id lets the roll-ups count each row once without a lock: see roll_up.sql. It is null in rows of version 1.
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
  event_type text not null
    constraint audit_event_event_type_check check (event_type in ('create', 'update', 'delete', 'access')),
  category text not null default 'data'
    constraint audit_event_category_check check (category in ('data', 'admin', 'permission')),
  entity text,
  entity_id text,
  outcome text not null
    constraint audit_event_outcome_check check (outcome in ('success', 'failure', 'noop', 'denied')),
  error_type text,
  error_code text,
  severity text,
  error_fingerprint text,
  error_message text,
  duration_ms double precision,
  complexity integer,
  depth integer,
  mode text,
  transaction_id bigint default (pg_current_xact_id()::text::bigint),
  primary key (occurred_at, event_id)
) partition by range (occurred_at);

-- What no partition is there for. It should stay empty: maintenance moves its rows to partitions of their own.
create table if not exists fraiseql_observe.audit_event_default
  (like fraiseql_observe.audit_event including defaults including constraints, primary key (occurred_at, event_id));
do $$
begin
  if not (select relispartition from pg_class where oid = 'fraiseql_observe.audit_event_default'::regclass) then
    alter table fraiseql_observe.audit_event attach partition fraiseql_observe.audit_event_default default;
  end if;
end;
$$;
alter table fraiseql_observe.audit_event_default enable row level security;

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

-- How the log is kept: one row. A retention of zero keeps everything.
create table if not exists fraiseql_observe.maintenance_setting (
  only_row boolean primary key default true check (only_row),
  partition_by text not null default 'day' check (partition_by in ('day', 'week', 'month')),
  ahead integer not null default 7 check (ahead between 1 and 366),
  retention interval not null default '0' check (retention = '0' or retention >= '1 day'),
  rollup_retention interval not null default '0',
  -- a range that rows reach is answered from roll-ups, so these must reach as far
  check (rollup_retention = '0' or (retention > '0' and rollup_retention >= retention))
);
insert into fraiseql_observe.maintenance_setting default values on conflict do nothing;

-- How far the roll-ups are: one row. They hold every row with first_transaction <= transaction_id < next_transaction,
-- and of the older ones ("old rows": without a transaction_id, or with one of before) those with
-- occurred_at >= covered_from. Rows before dropped_before are gone by retention: their roll-ups cannot be made again, so
-- that a new beginning keeps them and counts from there on; `cut` is where it did.
create table if not exists fraiseql_observe.rollup_state (
  only_row boolean primary key default true check (only_row),
  database text not null,
  epoch integer not null default 0,
  first_transaction bigint not null,
  next_transaction bigint not null,
  step bigint not null default 1000,
  covered_from timestamptz not null,
  dropped_before timestamptz not null default '-infinity',
  cut timestamptz not null default '-infinity',
  families text[] not null default '{}'
);
