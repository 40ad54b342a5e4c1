// Every cache of the application: stored documents, results, field loads, permissions.
function(config)
  local dead = { v2: 'FraiseQL v2 exports cache counters that never move' };
  local operation(quantile, name) = {
    title: 'Cache latency ' + name,
    description: name + " of get, set and delete. A cache slower than the query it saves is worse than none: check the cache server's load, the network between, and the size of the entries.",
    unit: 's',
    legend: '{{operation}} ' + name,
    absent: dead,
    v1(q):: q.quantile(quantile, 'fraiseql_cache_operation_duration_seconds', ['operation']),
  };
  // A cache that never hit has no series for hits yet, and one that never missed none for misses.
  local hits(q, by=[], where='') = '(' + q.orZero(q.sumRate('fraiseql_cache_hits_total', by, where), q.sumRate('fraiseql_cache_misses_total', by, where)) + ')';
  local misses(q, by=[], where='') = '(' + q.orZero(q.sumRate('fraiseql_cache_misses_total', by, where), q.sumRate('fraiseql_cache_hits_total', by, where)) + ')';
  local lookups(q, by=[], where='') = hits(q, by, where) + ' + ' + misses(q, by, where);
  // A request's own batches miss once by nature: they would only blur the shared caches' rate.
  local shared = 'cache_type!="field"';
  {
    hitRatio: {
      title: 'Overall hit rate',
      description: 'Lookups answered from a cache as a share of all lookups, of the caches that requests share (the batches within one request do not count). Below the line the database does work that a cache should: see which type fell under "Hit rate by cache type", and whether invalidations rose.',
      unit: 'percentunit',
      legend: 'all shared caches',
      alert: 'CacheHitRateLow',
      bad: 'below',
      colour: 'blue',
      absent: dead,
      v1(q):: q.share(hits(q, [], shared), lookups(q, [], shared)),
    },
    hitRatioByType: {
      title: 'Hit rate by cache type',
      description: 'Hit rate of each cache: query is the store of persisted documents, result the cached responses, field the loads that a request answers from its own batch, permission the resolved roles.',
      unit: 'percentunit',
      legend: '{{cache_type}}',
      alert: 'CacheHitRateLow',
      bad: 'below',
      absent: dead,
      v1(q):: q.share(hits(q, ['cache_type']), lookups(q, ['cache_type'])),
    },
    lookupRate: {
      title: 'Lookups',
      description: 'Lookups per second in the caches that requests share.',
      unit: 'ops',
      legend: 'lookups',
      absent: dead,
      v1(q):: lookups(q, [], shared),
    },
    latencyP50: operation(0.5, 'P50'),
    latencyP95: operation(0.95, 'P95'),
    errorRatio: {
      title: 'Cache errors',
      description: 'Cache operations that failed, as a share of all.',
      unit: 'percentunit',
      legend: 'failed',
      alert: 'CacheErrors',
      colour: 'red',
      absent: dead,
      v1(q):: q.shareOrZero(q.sumRate('fraiseql_cache_errors_total'), q.countRate('fraiseql_cache_operation_duration_seconds')),
    },
    entries: {
      title: 'Cache size',
      description: 'Entries by cache type. A line that only grows has no expiry or no limit; one that falls to zero was flushed or lost its server.',
      unit: 'short',
      legend: '{{cache_type}}',
      absent: dead,
      v1(q):: q.sum('fraiseql_cache_entries', ['cache_type']),
    },
    coherency: {
      title: 'Coherency',
      description: 'Reads from the cache that still agreed with the data, as a share of those that were checked. Below 100 % users see old data: find the entity under "Top invalidated entities" that changes without being invalidated.',
      unit: 'percentunit',
      legend: 'coherent reads',
      colour: 'green',
      absent: dead,
      v1(q):: q.aggregate('avg', q.series('fraiseql_cache_coherency_ratio')),
    },
    staleReads: {
      title: 'Stale reads',
      description: 'Reads per second that got an entry older than the data behind it.',
      unit: 'ops',
      legend: 'stale reads',
      colour: 'red',
      absent: dead,
      v1(q):: q.sumRate('fraiseql_cache_stale_reads_total'),
    },
    topInvalidated: {
      title: 'Top invalidated entities',
      description: 'The entities whose cached results were thrown away most often in the selected range. An entity that changes this often may not be worth caching, or its mutations invalidate more than they touch.',
      unit: 'short',
      legend: '{{entity}}',
      absent: dead,
      v1(q):: q.top(config.dashboards.top, q.wholeRange.sumIncrease('fraiseql_cache_invalidations_total', ['entity'])),
    },
    invalidationsDirect: {
      title: 'Direct invalidations',
      description: 'Invalidations of the entity that a mutation named.',
      unit: 'short',
      legend: 'direct',
      colour: 'blue',
      absent: dead,
      v1(q):: q.sumIncrease('fraiseql_cache_invalidations_total', [], 'cascade="false"'),
    },
    invalidationsCascading: {
      title: 'Cascading invalidations',
      description: "Invalidations that followed from another entity's, beside the direct ones. When cascades outgrow direct invalidations, one small write empties large parts of the cache: narrow the rules between those entities.",
      unit: 'short',
      legend: 'cascading',
      colour: 'orange',
      absent: dead,
      v1(q):: q.sumIncrease('fraiseql_cache_invalidations_total', [], 'cascade="true"'),
    },
    memory: {
      title: 'Memory',
      description: 'Bytes that each cache holds. Compare with the memory limit of the process or of the cache server before raising a time to live.',
      unit: 'bytes',
      legend: '{{cache_type}}',
      absent: dead,
      v1(q):: q.sum('fraiseql_cache_size_bytes', ['cache_type']),
    },
  }
