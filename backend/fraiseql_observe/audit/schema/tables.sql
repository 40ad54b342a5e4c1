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
