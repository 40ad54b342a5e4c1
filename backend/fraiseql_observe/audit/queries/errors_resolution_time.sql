-- ---
-- title: Error resolution time
-- description: >-
--   From the first occurrence of an error to the moment somebody resolved it, for errors resolved in the range, by
--   severity. A mean far above the median is a few old errors that nobody wanted. Errors that came back do not count.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
-- columns:
--   severity: {title: Severity, type: string}
--   median_seconds: {title: Median, type: number, unit: s}
--   mean_seconds: {title: Mean, type: number, unit: s}
--   resolved: {title: Resolved, type: number, unit: short}
-- ---
select severity,
       percentile_cont(0.5) within group (order by extract(epoch from resolved_at - first_seen)) as median_seconds,
       avg(extract(epoch from resolved_at - first_seen))::double precision as mean_seconds,
       count(*) as resolved
  from fraiseql_observe.error_groups
 where resolved_at between :from::timestamptz and :to::timestamptz
   and status = 'resolved'
   -- an error group has no tenant of its own: it belongs to every tenant that met it
   and (not has_events
        or fingerprint in (select fingerprint from fraiseql_observe.error_tenants where tenant_id = any(:tenants::text[])))
 group by severity
 order by array_position(array['critical', 'error', 'warning'], severity), severity
