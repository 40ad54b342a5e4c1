-- ---
-- title: Query complexity distribution
-- description: >-
--   How many operations fell into each band of complexity. A heavy tail is where a complexity limit would bite. A range of
--   more than 6 hours is read in whole hours, one of more than 7 days in whole days.
-- format: table
-- parameters:
--   from: {type: timestamptz}
--   to: {type: timestamptz}
--   tenants: {type: "text[]"}
-- columns:
--   complexity: {title: Complexity, type: string}
--   operations: {title: Operations, type: number, unit: short}
--   share: {title: Share, type: number, unit: percentunit}
--   users: {title: Users, type: number, unit: short}
-- ---
-- the upper bounds are those of the histogram fraiseql_graphql_query_complexity
with bounds as (
  select array[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] as upper
),
parts as (
  select band, sum(operations) as operations, bit_count(bit_or(users)) as users
    from fraiseql_observe.complexities(:from::timestamptz, :to::timestamptz)
   where tenant_id = any(:tenants::text[])
   group by band, tenant_id, part
),
counted as (
  select band, sum(operations)::bigint as operations, coalesce(sum(users), 0)::bigint as users
    from parts
   group by band
)
select case
         when band = 0 then '1 or less'
         when band = cardinality(upper) then 'over ' || upper[band]
         else upper[band] + 1 || ' to ' || upper[band + 1]
       end as complexity,
       operations,
       operations::double precision / sum(operations) over () as share,
       users
  from counted
 cross join bounds
 order by band
