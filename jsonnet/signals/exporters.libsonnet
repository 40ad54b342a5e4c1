// PostgreSQL and Redis as their exporters see them: the server's side of the story.
local duration = import '../lib/duration.libsonnet';

function(config)
  local window = duration.window(config, config.alerts.DatabaseGrowth.window);
  local database = 'datname=~"' + config.databaseRegex + '",datname!~"template.*|postgres"';
  local both(query) = { v1(q):: query(q), v2(q):: query(q) };
  {
    databaseSize: {
      title: 'Database size',
      description: "Size of the application's databases on disk, tables and indexes. A line that bends upwards: look for a table without retention, the audit log first.",
      unit: 'bytes',
      legend: '{{datname}}',
      colour: 'blue',
    } + both(function(q) q.postgres.sum('pg_database_size_bytes', ['datname'], database)),
    databaseGrowth: {
      title: 'Database growth',
      description: 'By how much the databases outgrew their smallest size of the window that the alert looks at. Above the line: plan storage now, and find the table that grows.',
      unit: 'percentunit',
      legend: 'grown in ' + window,
      alert: 'DatabaseGrowth',
      colour: 'orange',
    } + both(function(q)
      local smallest = q.postgres.aggregate('sum', 'min_over_time(' + q.postgres.range('pg_database_size_bytes', database, window) + ')');
      q.share(q.postgres.sum('pg_database_size_bytes', [], database), smallest) + ' - 1'),
    serverConnections: {
      title: 'Server connections',
      description: "Connections of everybody on the database server as a share of max_connections. Near 100 % new clients are refused, whatever this application's pool says.",
      unit: 'percentunit',
      legend: 'server connections used',
      colour: 'text',
    } + both(function(q) q.share(q.postgres.sum('pg_stat_activity_count'), q.postgres.max('pg_settings_max_connections'))),
    serverRollbacks: {
      title: 'Server rollback rate',
      description: "Rollbacks as a share of all transactions in the application's databases, as PostgreSQL counts them.",
      unit: 'percentunit',
      legend: 'database server',
      colour: 'orange',
    } + both(function(q)
      local rate(outcome) = q.postgres.sumRate('pg_stat_database_xact_' + outcome, [], database);
      q.share(rate('rollback'), rate('commit') + ' + ' + rate('rollback'))),
    bufferHits: {
      title: 'Buffer hit rate',
      description: 'Blocks that PostgreSQL found in its own memory, as a share of all it read.',
      unit: 'percentunit',
      legend: 'read from memory',
    } + both(function(q)
      local rate(kind) = q.postgres.sumRate('pg_stat_database_blks_' + kind, [], database);
      q.share(rate('hit'), rate('hit') + ' + ' + rate('read'))),
    cacheMemory: {
      title: 'Redis memory',
      description: 'Memory that the cache server uses.',
      unit: 'bytes',
      legend: 'Redis, whole server',
      colour: 'text',
      absent: { v2: 'FraiseQL v2 exports no cache sizes to compare it with' },
      v1(q):: q.redis.sum('redis_memory_used_bytes'),
    },
  }
