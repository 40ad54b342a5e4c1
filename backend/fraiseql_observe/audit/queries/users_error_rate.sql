-- ---
-- title: User error rate
-- description: >-
--   Share of operations that failed or were denied, and share of active users who met at least one. Both high is an
--   outage; only the first is one user in trouble. A range of more than 6 hours is shown by the hour, one of more than
--   7 days by the day.
-- format: time_series
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   bucket: {type: interval}
--   tenants: {type: "text[]"}
-- columns:
--   time: {title: Time, type: time}
--   failed_operations: {title: Failed operations, type: number, unit: percentunit}
--   affected_users: {title: Affected users, type: number, unit: percentunit}
-- ---
select time,
       (sum(errors) / sum(requests))::double precision as failed_operations,
       (sum(affected) / sum(users))::double precision as affected_users
  from fraiseql_observe.active_users(:from::timestamptz, :to::timestamptz, :bucket::interval)
 where tenant_id = any(:tenants::text[])
 group by time
 order by time
