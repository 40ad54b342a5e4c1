-- ---
-- title: New users
-- description: Users whose first recorded operation ever lies in the interval.
-- format: time_series
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   bucket: {type: interval}
--   tenants: {type: "text[]"}
-- columns:
--   time: {title: Time, type: time}
--   new_users: {title: New users, type: number, unit: short}
-- ---
with in_range as (
  select tenant_id, user_id, min(occurred_at) as first_seen
    from fraiseql_observe.audit_events
   where occurred_at between :from::timestamptz and :to::timestamptz
     and tenant_id = any(:tenants::text[])
     and user_id is not null
   group by tenant_id, user_id
),
counted as (
  select date_bin(:bucket::interval, first_seen, 'epoch'::timestamptz) as time, count(*) as new_users
    from in_range
    -- one index probe a user, whatever the length of the history; LIMIT keeps it from becoming a join over all of it
   where (select e.occurred_at
            from fraiseql_observe.audit_events as e
           where e.tenant_id = in_range.tenant_id
             and e.user_id = in_range.user_id
             and e.occurred_at < :from::timestamptz
           limit 1) is null
   group by 1
)
select time, coalesce(new_users, 0) as new_users
  from generate_series(
         date_bin(:bucket::interval, :from::timestamptz, 'epoch'::timestamptz), :to::timestamptz, :bucket::interval
       ) as time
  left join counted using (time)
 order by time
