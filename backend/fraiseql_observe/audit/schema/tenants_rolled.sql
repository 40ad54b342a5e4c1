-- Ours: those that the roll-ups know, those of the rows they lack, and those of before.
select r.tenant_id from fraiseql_observe.rollup_tenant as r where {scope} is null
 union
select case when e.tenant_id is null then '(none)' else e.tenant_id end
  from fraiseql_observe.audit_event as e
 where {scope} is null
   and e.transaction_id >= (select next_transaction from fraiseql_observe.rolled_up)
   and e.transaction_id < 9223372036854775807
 union
select tenant from fraiseql_observe.tenants_in_rows() as tenant where {scope} is null
