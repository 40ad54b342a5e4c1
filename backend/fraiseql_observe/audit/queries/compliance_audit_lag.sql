-- ---
-- title: Audit lag
-- description: >-
--   Time from an operation to its committed audit row: median, 99th percentile and the slowest row of the interval.
--   Above 5 seconds the writer is behind: look at the audit queue and at the database's commit time.
-- format: time_series
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   bucket: {type: interval}
--   tenants: {type: "text[]"}
-- columns:
--   time: {title: Time, type: time}
--   median: {title: Median, type: number, unit: s}
--   p99: {title: P99, type: number, unit: s}
--   maximum: {title: Slowest, type: number, unit: s}
-- ---
with lags as (
  select date_bin(:bucket::interval, occurred_at, 'epoch'::timestamptz) as time,
         -- clocks of two machines differ: a row cannot be written before its event
         greatest(extract(epoch from recorded_at - occurred_at), 0)::double precision as lag
    from fraiseql_observe.audit_events
   where occurred_at between :from::timestamptz and :to::timestamptz
     and tenant_id = any(:tenants::text[])
     and not superseded
)
select time,
       percentile_cont(0.5) within group (order by lag) as median,
       percentile_cont(0.99) within group (order by lag) as p99,
       max(lag) as maximum
  from lags
 group by time
 order by time
