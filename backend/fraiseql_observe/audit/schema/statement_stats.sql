-- Constants are normalised by the extension, but not in every case: strings are masked again, and statements that may
-- carry a password (utility commands) are left out.
select statement,
       sum(calls)::bigint as calls,
       sum(total_ms) / nullif(sum(calls), 0)::double precision as mean_ms,
       max(max_ms) as max_ms,
       sum(total_ms) as total_ms,
       sum(rows)::bigint as rows,
       (sum(hits) / nullif(sum(hits) + sum(reads), 0))::double precision as cache_hit_ratio
  from (
    select left(regexp_replace(regexp_replace(query, '''([^'']|'''')*''', '''?''', 'g'), '\s+', ' ', 'g'), 300) as statement,
           calls,
           total_exec_time as total_ms,
           max_exec_time as max_ms,
           rows,
           shared_blks_hit as hits,
           shared_blks_read as reads
      from {relation}
     where dbid = (select oid from pg_catalog.pg_database where datname = current_database())
       and query ~* '^\s*(select|with|insert|update|delete|merge|call)\M'
  ) as statements
 group by statement
