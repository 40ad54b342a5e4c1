-- Times are microseconds since the epoch, JSON is text. `{serial}` and `{key}` are written for each engine.

create table inbox (
  seq {serial},
  id {key} not null unique,
  source text not null,
  received_at bigint not null,
  body bytea not null
);

create table rejected (
  seq {serial},
  source text not null,
  received_at bigint not null,
  why text not null,
  body bytea not null
);

create table incident (
  id {key} primary key,
  key {key} not null,
  state {key} not null,
  severity {key} not null,
  title text not null,
  receiver text not null,
  group_labels text not null,
  common_labels text not null,
  common_annotations text not null,
  opened_at bigint not null,
  updated_at bigint not null,
  version bigint not null,
  firing bigint not null,
  total bigint not null,
  reopened bigint not null,
  acknowledged_at bigint,
  acknowledged_by text not null,
  resolved_at bigint,
  resolved_by text not null,
  snoozed_until bigint,
  silenced_by text not null,
  policy text not null,
  policy_snapshot text not null,
  external_url text not null,
  -- "\nname=value\n" for each group and common label
  labels text not null
);
-- A group has one unresolved incident at most.
create unique index incident_unresolved on incident (key) where state <> 'resolved';
create index incident_of_group on incident (key, opened_at, id);
create index incident_listed on incident (state, severity, opened_at, id);
create index incident_opened on incident (opened_at);
create index incident_silenced on incident (silenced_by) where state <> 'resolved' and silenced_by <> '';
create index incident_snoozed on incident (snoozed_until) where state <> 'resolved';

create table alert (
  -- fingerprint:starts_ns
  identity {key} primary key,
  fingerprint {key} not null,
  starts_ns bigint not null,
  incident_id {key} not null,
  status {key} not null,
  labels text not null,
  annotations text not null,
  ended_at bigint,
  generator_url text not null,
  first_seen bigint not null,
  last_seen bigint not null
);
create index alert_of_fingerprint on alert (fingerprint, starts_ns);
create index alert_of_incident on alert (incident_id, status, starts_ns, fingerprint);
create index alert_firing on alert (identity) where status = 'firing';
create index alert_silent on alert (last_seen) where status = 'firing';

create table event (
  seq {serial},
  id {key} not null unique,
  incident_id {key} not null,
  at bigint not null,
  kind text not null,
  actor text not null,
  source text not null,
  address text not null,
  comment text not null,
  data text not null
);
create index event_of_incident on event (incident_id, seq);

create table delivery (
  seq {serial},
  id {key} not null unique,
  incident_id {key} not null,
  destination {key} not null,
  kind text not null,
  action text not null,
  state {key} not null,
  created_at bigint not null,
  due_at bigint not null,
  step bigint not null,
  attempts bigint not null,
  deadline_at bigint,
  finished_at bigint,
  reason text not null,
  detail text not null
);
-- SQLite takes a partial index only for a query that repeats its condition word by word.
create index delivery_waiting on delivery (destination, due_at, seq) where state in ('new', 'retry');
create index delivery_lane on delivery (incident_id, destination, seq) where state in ('new', 'retry', 'sending');
create index delivery_sending on delivery (deadline_at) where state = 'sending';
create index delivery_of_incident on delivery (incident_id, seq);
create index delivery_open on delivery (state, seq) where state in ('new', 'retry', 'sending', 'dead', 'ambiguous');

create table attempt (
  seq {serial},
  delivery_id {key} not null,
  number bigint not null,
  started_at bigint not null,
  finished_at bigint not null,
  outcome text not null,
  reason text not null,
  status bigint not null,
  detail text not null
);
create index attempt_of_delivery on attempt (delivery_id, seq);

create table receipt (
  incident_id {key} not null,
  destination {key} not null,
  ref text not null,
  primary key (incident_id, destination)
);

create table escalation (
  id {key} primary key,
  incident_id {key} not null,
  number bigint not null,
  due_at bigint not null,
  created_at bigint not null,
  unique (incident_id, number)
);
create index escalation_due on escalation (due_at, id);

create table maintenance (
  id {key} primary key,
  matchers text not null,
  starts_at bigint not null,
  ends_at bigint not null,
  comment text not null,
  created_by text not null,
  created_at bigint not null
);
create index maintenance_ends on maintenance (ends_at);

create table token (
  id {key} primary key,
  hash {key} not null unique,
  name text not null,
  scopes text not null,
  created_by text not null,
  created_at bigint not null,
  expires_at bigint,
  last_used_at bigint
);

create table channel (
  name {key} primary key,
  paused_until bigint not null
);

create table lease (
  name {key} primary key,
  holder text not null,
  until bigint not null
);

create table setting (
  name {key} primary key,
  value text not null
);
