-- Whose audit rows a token may see, and who asked the audit log what.

alter table token add column tenants text not null default '[]';

create table audit_access (
  id {key} primary key,
  at bigint not null,
  who text not null,
  token_id text not null,
  on_behalf_of text not null,
  address text not null,
  request_id text not null,
  question text not null,
  parameters text not null,
  outcome text not null,
  rows bigint not null,
  duration_ms bigint not null
);
create index audit_access_at on audit_access (at);
