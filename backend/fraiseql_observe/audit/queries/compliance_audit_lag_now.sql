-- ---
-- title: Audit lag now
-- description: >-
--   The slowest of the newest 100 audit rows: seconds from the operation to its committed row. Above 5 seconds the
--   writer is behind. Rows that are still waiting are seen by the metric fraiseql_audit_lag_seconds.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
-- columns:
--   lag_seconds: {title: Audit lag, type: number, unit: s}
-- ---
with newest as (
  select recorded_at - occurred_at as lag
    from fraiseql_observe.audit_events
   where occurred_at between :from::timestamptz and :to::timestamptz
     and tenant_id = any(:tenants::text[])
     and not superseded
   order by occurred_at desc
   limit 100
)
select greatest(max(extract(epoch from lag)), 0)::double precision as lag_seconds
  from newest
having count(*) > 0
