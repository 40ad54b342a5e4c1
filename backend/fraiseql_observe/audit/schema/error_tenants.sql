-- Which tenants have ever met which of our errors: from roll-ups and rows that are in none yet, or from all rows.
select r.fingerprint, r.tenant_id
  from fraiseql_observe.rollup_error_tenant as r
 where {rollup_scope}
 union all
select e.error_fingerprint, case when e.tenant_id is null then '(none)' else e.tenant_id end
  from fraiseql_observe.audit_event as e
 where (select covered_from from fraiseql_observe.rolled_up) = '-infinity'
   and e.error_fingerprint is not null
   and e.transaction_id >= (select next_transaction from fraiseql_observe.rolled_up)
   -- between two bounds the planner expects few rows, and looks them up by transaction
   and e.transaction_id < 9223372036854775807
   and {event_scope}
 union all
select u.fingerprint, u.tenant_id
  from fraiseql_observe.uncovered_error_tenants() as u
