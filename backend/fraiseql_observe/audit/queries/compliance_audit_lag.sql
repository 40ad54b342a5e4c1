-- ---
-- title: Audit lag
-- description: >-
--   Time from an operation to its committed audit row: median, 99th percentile and the slowest row of the interval.
--   Above 5 seconds the writer is behind: look at the audit queue and at the database's commit time. By the hour in a
--   range of more than 6 hours, by the day in one of more than 7 days; median and percentile may then be off by 5 per cent.
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
-- seconds in rows, distributions of milliseconds in roll-ups
select time,
       coalesce(percentile_cont(0.5) within group (order by delay),
                fraiseql_observe.percentile(sum(delays), 0.5) / 1000) as median,
       coalesce(percentile_cont(0.99) within group (order by delay),
                fraiseql_observe.percentile(sum(delays), 0.99) / 1000) as p99,
       -- clocks of two machines differ: a row cannot be written before its event
       greatest(max(longest_delay), 0) as maximum
  from fraiseql_observe.delays_over_time(:from::timestamptz, :to::timestamptz, :bucket::interval)
 where tenant_id = any(:tenants::text[])
 group by time
 order by time
