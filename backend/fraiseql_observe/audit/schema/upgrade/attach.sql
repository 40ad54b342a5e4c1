-- The log of version 1 as the first partition of the new one. Whoever else had been given rights to it keeps them.
do $$
declare
  boundary timestamptz;
  name text;
  given record;
begin
  select u.boundary, 'audit_event_before_' || to_char(u.boundary at time zone 'UTC', 'YYYYMMDD')
    into boundary, name
    from fraiseql_observe.upgrade as u;
  execute format('alter table fraiseql_observe.audit_event
                    attach partition fraiseql_observe.%I for values from (minvalue) to (%L)', name, boundary);
  execute format('alter table fraiseql_observe.%I drop constraint audit_event_upgrade', name);
  for given in
    select quote_ident(r.rolname) as grantee, a.privilege_type || coalesce(' (' || quote_ident(columns.attname) || ')', '') as privilege,
           case when a.is_grantable then ' with grant option' else '' end as option
      from (select relacl as acl, null::name as attname from pg_class
             where oid = format('fraiseql_observe.%I', name)::regclass
             union all
            select attacl, attname from pg_attribute
             where attrelid = format('fraiseql_observe.%I', name)::regclass) as columns
     cross join lateral aclexplode(columns.acl) as a
      join pg_roles as r on r.oid = a.grantee
     where a.grantee <> (select relowner from pg_class where oid = 'fraiseql_observe.audit_event'::regclass)
       and r.rolname not in ('fraiseql_observe_reader', 'fraiseql_observe_writer')
  loop
    execute format('grant %s on fraiseql_observe.audit_event to %s%s', given.privilege, given.grantee, given.option);
    execute format('revoke %s on fraiseql_observe.%I from %s', given.privilege, name, given.grantee);
  end loop;
  drop table fraiseql_observe.upgrade;
end;
$$;
