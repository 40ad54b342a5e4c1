-- The audit rows of one hour, in the order of their time; the same for the same seed, hour and number.
--   how many        %(rows)s from %(start)s on, %(day)s days after the beginning of the log
--   tenants         40, the first the largest (Zipf); 3 per cent of the rows have none
--   users           21,000, Zipf within a tenant; each comes about every fourth day, and 30 per cent come during the log
--   operations      80, Zipf; 85 per cent queries; durations are log-normal around an operation's own
--   outcomes        1.2 per cent failures, of 400 kinds, and 0.8 denied, three times as many in one hour of twenty; nine
--                   of ten denied are those who try again and again: few users, addresses and operations
--   administration  0.3 per cent actions of administrators, 0.05 changes of permissions
insert into fraiseql_observe.audit_event (
  event_id, occurred_at, recorded_at, tenant_id, user_id, roles, request_id, ip_address, endpoint, operation_type,
  operation_name, event_type, category, entity, entity_id, outcome, error_type, error_code, severity,
  error_fingerprint, error_message, duration_ms, complexity, depth, mode
)
with numbers as (
  select i,
         floor(exp(random() * ln(41)))::integer as tenant,
         random() as of_user,
         random() as of_operation,
         random() as of_outcome,
         floor(exp(random() * ln(401)))::integer as error,
         random() as of_category,
         random() as of_address,
         random() + random() + random() + random() - 2 as bell, -- about normal, deviation 0.58
         random() as jitter,
         random() as of_tenant,
         random() as of_delay
    from generate_series(1, %(rows)s) as i
  offset 0
),
drawn as (
  select numbers.*,
         of_outcome >= 1 - 0.008 * %(trouble)s as denied,
         of_outcome >= 1 - 0.008 * %(trouble)s and of_address >= 0.1 as again,
         floor(exp(of_operation * case when of_outcome >= 1 - 0.008 * %(trouble)s and of_address >= 0.1 then ln(5) else ln(81) end))::integer
           as operation
    from numbers
),
shaped as (
  select drawn.*,
         operation.*,
         case when of_tenant < 0.03 then null else 'tenant-' || lpad(tenant::text, 2, '0') end as tenant_id,
         -- of each four users one comes on a day
         case when of_user < 0.05 then null
              else 4 * floor(exp((of_user - 0.05) / 0.95 * case when again then 0.5 else 1 end * ln(1250.0 / tenant * (0.7 + 0.3 * %(day)s / %(days)s) + 1)))::integer
         end as quad,
         of_outcome < 0.012 * %(trouble)s as failed,
         case when of_category < 0.0005 then 'permission' when of_category < 0.0035 then 'admin' else 'data' end as category,
         %(start)s::timestamptz + (i - jitter) / %(rows)s * interval '1 hour' as occurred_at
    from drawn
    join audit_operation as operation on operation.place = drawn.operation
),
named as (
  select shaped.*, quad + mod(abs(hashint4(quad + 7919 * tenant + 104729 * %(day)s)), 4) as member from shaped
)
select md5(%(seed)s || ' ' || %(start)s::timestamptz || ' ' || i)::uuid,
       occurred_at,
       occurred_at + (case when of_delay < 0.0002 then 8 else 0.05 + 0.5 * of_delay end) * interval '1 second',
       tenant_id,
       md5('user ' || tenant || ' ' || member)::uuid::text,
       case when category <> 'data' then array['admin'] when quad is not null then array['member'] end,
       md5('request ' || %(start)s::timestamptz || ' ' || i)::uuid::text,
       ('10.' || tenant || '.' || mod(case when of_address < 0.1 then i else coalesce(member, i) end / 250, 250) || '.'
         || 1 + mod(case when of_address < 0.1 then i else coalesce(member, i) end, 250))::inet,
       '/graphql',
       kind,
       case category when 'data' then name when 'admin' then 'updateSettings' else 'grantRole' end,
       case category when 'data' then event_type when 'admin' then 'update' else 'create' end,
       category,
       case category when 'data' then entity when 'admin' then 'settings' else 'role' end,
       case when kind = 'mutation' or category <> 'data' then md5('entity ' || i)::uuid::text end,
       case when failed then 'failure' when denied then 'denied' when kind = 'mutation' and jitter < 0.02 then 'noop' else 'success' end,
       case when failed then (array['database', 'validation', 'graphql', 'internal', 'auth'])[1 + mod(error, 5)] when denied then 'auth' end,
       case when failed then 'E' || error when denied then 'FORBIDDEN' end,
       case when failed then (array['error', 'warning', 'error', 'critical', 'warning'])[1 + mod(error, 5)] when denied then 'warning' end,
       case when failed then md5('error ' || error) when denied then md5('denied ' || operation) end,
       case when failed then 'The operation could not be done: reason ' || error || ' of ' || name when denied then 'Not allowed: ' || name end,
       milliseconds * exp(bell),
       complexity + mod(i, 3),
       depth,
       case when kind = 'query' then 'rust' else 'python' end
  from named
