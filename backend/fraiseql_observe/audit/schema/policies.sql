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
         or fingerprint in (select met.fingerprint from fraiseql_observe.error_tenants as met
                             where met.tenant_id = any ((select string_to_array(nullif(current_setting('fraiseql.tenant_id', true), ''), chr(31)))::text[])));

drop policy if exists writer_all on fraiseql_observe.error_group;
create policy writer_all on fraiseql_observe.error_group for all to fraiseql_observe_writer using (true) with check (true);
