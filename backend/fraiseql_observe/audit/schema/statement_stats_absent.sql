-- pg_stat_statements is not installed: the same columns, no rows.
select null::text as statement,
       null::bigint as calls,
       null::double precision as mean_ms,
       null::double precision as max_ms,
       null::double precision as total_ms,
       null::bigint as rows,
       null::double precision as cache_hit_ratio
 where false
