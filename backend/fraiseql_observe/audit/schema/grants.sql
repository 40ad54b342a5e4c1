revoke all on schema fraiseql_observe from public;
revoke all on all tables in schema fraiseql_observe
  from public, fraiseql_observe_reader, fraiseql_observe_writer, fraiseql_observe_maintainer;
revoke all on all functions in schema fraiseql_observe
  from public, fraiseql_observe_reader, fraiseql_observe_writer, fraiseql_observe_maintainer;
grant usage on schema fraiseql_observe
  to fraiseql_observe_reader, fraiseql_observe_writer, fraiseql_observe_maintainer;

grant select on
    fraiseql_observe.audit_events, fraiseql_observe.error_groups, fraiseql_observe.error_tenants,
    fraiseql_observe.tenants,
    fraiseql_observe.statement_stats, fraiseql_observe.audit_event, fraiseql_observe.error_group,
    fraiseql_observe.schema_version, fraiseql_observe.rolled_up
  to fraiseql_observe_reader;
grant execute on function
    fraiseql_observe.words(text), fraiseql_observe.event_type(text), fraiseql_observe.event_category(text),
    fraiseql_observe.read_statement_stats(), fraiseql_observe.database_identity()
  to fraiseql_observe_reader;

-- The application adds rows and cannot change what was recorded, nor say when, or which transaction did it. It reads back only
-- what its own insert returns, to bring the error groups up to date: no user, tenant or entity.
grant insert (
        event_id, occurred_at, tenant_id, user_id, roles, request_id, ip_address, endpoint, operation_type,
        operation_name, event_type, category, entity, entity_id, outcome, error_type, error_code, severity,
        error_fingerprint, error_message, duration_ms, complexity, depth, mode),
      select (occurred_at, event_id, error_fingerprint, error_type, severity, error_code, operation_name, error_message)
  on fraiseql_observe.audit_event to fraiseql_observe_writer;
grant select, insert, update on fraiseql_observe.error_group to fraiseql_observe_writer;
grant execute on function fraiseql_observe.resolve_error(text, text, text) to fraiseql_observe_writer;

-- The maintainer runs these functions, which do their work as the owner, and touches no table himself.
grant execute on function
    fraiseql_observe.make_partitions(), fraiseql_observe.empty_default(), fraiseql_observe.apply_retention(integer),
    fraiseql_observe.roll_up(integer), fraiseql_observe.maintenance_status()
  to fraiseql_observe_maintainer;
