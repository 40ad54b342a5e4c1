-- Roles belong to the server, not to one database: two set-ups at once may meet here. Where both exist already, no right
-- on roles is needed.
do $$
begin
  if to_regrole('fraiseql_observe_reader') is null then
    create role fraiseql_observe_reader nologin connection limit 20;
  end if;
exception when duplicate_object or unique_violation then null;
end;
$$;
do $$
begin
  if to_regrole('fraiseql_observe_writer') is null then
    create role fraiseql_observe_writer nologin;
  end if;
exception when duplicate_object or unique_violation then null;
end;
$$;
do $$
begin
  if to_regrole('fraiseql_observe_maintainer') is null then
    create role fraiseql_observe_maintainer nologin;
  end if;
exception when duplicate_object or unique_violation then null;
end;
$$;

-- The reader is for dashboards: it reads, briefly. The grants below are the wall; these settings keep it from mistakes
-- and from holding the database up. Altered only when they differ.
do $$
begin
  if not (select coalesce(rolconfig, '{}') @> array['default_transaction_read_only=on', 'statement_timeout=15s',
                                                    'lock_timeout=2s', 'idle_in_transaction_session_timeout=30s',
                                                    'jit=off', 'max_parallel_workers_per_gather=0']
            from pg_catalog.pg_roles
           where rolname = 'fraiseql_observe_reader') then
    alter role fraiseql_observe_reader set default_transaction_read_only = on;
    alter role fraiseql_observe_reader set statement_timeout = '15s';
    alter role fraiseql_observe_reader set lock_timeout = '2s';
    alter role fraiseql_observe_reader set idle_in_transaction_session_timeout = '30s';
    -- plans look dear for what they rarely run: to compile it, or to start workers for it, takes longer than the answer
    alter role fraiseql_observe_reader set jit = off;
    alter role fraiseql_observe_reader set max_parallel_workers_per_gather = 0;
  end if;
end;
$$;
