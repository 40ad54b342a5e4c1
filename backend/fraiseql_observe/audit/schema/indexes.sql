-- The primary key serves every question about a time range. These serve the others; each is named for what it answers.

-- failed and denied operations are few among many
create index if not exists audit_event_failed
  on fraiseql_observe.audit_event (occurred_at)
  where outcome in ('failure', 'denied');

-- so are the actions of administrators
create index if not exists audit_event_admin
  on fraiseql_observe.audit_event (occurred_at)
  where category in ('admin', 'permission');

-- which tenants met an error
create index if not exists audit_event_fingerprint
  on fraiseql_observe.audit_event (error_fingerprint, occurred_at)
  where error_fingerprint is not null;

-- has this user been here before; which tenants exist (the views show a missing tenant as (none)). CASE, because row
-- security lets the planner look COALESCE up in an index only for the table's owner
create index if not exists audit_event_tenant_user
  on fraiseql_observe.audit_event ((case when tenant_id is null then '(none)' else tenant_id end), user_id, occurred_at);

-- what was written since, and which transaction wrote it; rows arrive in this order, so block range indexes cost next to
-- nothing
create index if not exists audit_event_recorded
  on fraiseql_observe.audit_event using brin (recorded_at) with (autosummarize = on);

create index if not exists audit_event_transaction
  on fraiseql_observe.audit_event using brin (transaction_id) with (autosummarize = on);

create index if not exists error_group_unresolved
  on fraiseql_observe.error_group (severity, last_seen)
  where status <> 'resolved';

create index if not exists error_group_resolved
  on fraiseql_observe.error_group (resolved_at)
  where status = 'resolved';
