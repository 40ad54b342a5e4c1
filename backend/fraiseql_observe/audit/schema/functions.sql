-- A name such as post.created, createPost or DELETE_USER as separate words.
create or replace function fraiseql_observe.words(name text) returns text
  language sql immutable parallel safe
  return regexp_replace(regexp_replace(name, '([a-z0-9])([A-Z])', '\1 \2', 'g'), '[^[:alnum:]]+', ' ', 'g');

-- create, update, delete or access, from the verb in a name; an unknown verb is an update.
create or replace function fraiseql_observe.event_type(name text) returns text
  language sql immutable parallel safe
  return case
    when fraiseql_observe.words(name) ~* '\m(delet|remov|revok|destroy|archiv|unassign)' then 'delete'
    when fraiseql_observe.words(name) ~* '\m(creat|insert|add(s|ed)?\M|grant|assign|regist|invit)' then 'create'
    when fraiseql_observe.words(name) ~* '\m(access|read|view|get|list|search|quer|export|download|log(in|out)|auth)'
      then 'access'
    else 'update'
  end;

-- permission, admin or data, from the words in a name.
create or replace function fraiseql_observe.event_category(name text) returns text
  language sql immutable parallel safe
  return case
    when fraiseql_observe.words(name) ~* '\m(roles?|permissions?|privileges?|grant(s|ed)?|revoked?|revokes)\M' then 'permission'
    when fraiseql_observe.words(name) ~* '\m(admin|administrator|config|configuration|settings?|system)\M' then 'admin'
    else 'data'
  end;

-- Close an error. It opens again, as regressed, when it happens once more.
create or replace function fraiseql_observe.resolve_error(fingerprint text, resolved_by text, note text default null)
  returns boolean
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  update fraiseql_observe.error_group as g
     set status = 'resolved',
         resolved_at = clock_timestamp(),
         resolved_by = resolve_error.resolved_by,
         resolution_note = resolve_error.note
   where g.fingerprint = resolve_error.fingerprint
     and g.status <> 'resolved';
  if found then
    return true;
  end if;
  if exists (select from fraiseql_observe.error_group as g where g.fingerprint = resolve_error.fingerprint) then
    return false; -- resolved already: who did it first stays
  end if;
  raise exception 'no error with fingerprint %', resolve_error.fingerprint using errcode = 'no_data_found';
end;
$$;
