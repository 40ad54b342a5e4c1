-- With its owner's rights: the reader sees these columns and nothing else of pg_stat_statements. A view alone would not
-- do, for the extension looks at who asks, and hides the statements of others.
create or replace function fraiseql_observe.read_statement_stats()
  returns table (
    statement text, calls bigint, mean_ms double precision, max_ms double precision, total_ms double precision,
    rows bigint, cache_hit_ratio double precision
  )
  language sql stable security definer rows 200
  set search_path = pg_catalog, pg_temp
as $$
{select}
$$;

create or replace view fraiseql_observe.statement_stats as
select statement, calls, mean_ms, max_ms, total_ms, rows, cache_hit_ratio from fraiseql_observe.read_statement_stats();
