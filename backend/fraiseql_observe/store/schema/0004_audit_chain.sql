-- What verifying the hash chains of FraiseQL's audit logs found, kept outside of the database that it is about.

create table audit_chain (
  source {key} primary key,
  kind text not null,
  rows bigint not null,
  unchecked bigint not null,
  verified_at bigint
);

create table audit_chain_seal (
  source {key} not null,
  number bigint not null,
  last_at bigint not null,
  last_id text not null,
  last_hash text not null,
  rows bigint not null,
  digest text not null,
  checked_at bigint not null,
  primary key (source, number)
);
create index audit_chain_seal_checked on audit_chain_seal (source, checked_at);

create table audit_chain_break (
  id {key} primary key,
  source {key} not null,
  row_id text not null,
  at bigint not null,
  tenant text not null,
  kind {key} not null,
  detail text not null,
  found_at bigint not null,
  accepted_at bigint,
  accepted_by text not null,
  comment text not null
);
create unique index audit_chain_break_row on audit_chain_break (source, row_id, kind);
