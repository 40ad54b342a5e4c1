// Alertmanager groups, inhibits and routes everything to our webhook; whom to tell is decided there.
local duration = import '../lib/duration.libsonnet';

local ours = 'FraiseQL.+';

// Labels that tell apart what one alert can be about; equal also where both sides lack them.
local subjects(config) = std.set(config.groupLabels + [config.instanceLabel, 'check', 'datname', 'device', 'mountpoint', 'hook', 'reason', 'notifier', 'source', 'kind', 'loop']);

local pattern(names) = std.join('|', ['FraiseQL' + name for name in names]);

// What an operation suffers when something below it is gone.
local symptoms = [
  'HighErrorRate',
  'HighLatency',
  'SlowQueryRate',
  'CacheHitRateLow',
  'CacheErrors',
  'ConnectionPoolWaiting',
  'ConnectionPoolTimeouts',
  'DatabaseConnectionPoolExhausted',
  'HealthCheckFailed',
  'AuditLogLag',
  'ErrorBudgetBurn',
  'LatencyBudgetBurn',
];

// What the application says itself, and what SQL says of the same.
local twice = [
  { first: 'HighFailedAuthAttempts', second: 'AuditFailedLogins', equal: [] },
  { first: 'UnauthorizedDataAccess', second: 'AuditDeniedAccess', equal: [] },
  { first: 'AuditLogLag', second: 'AuditRowsLate', equal: [] },
  { first: 'DatabaseGrowth', second: 'AuditDatabaseGrowth', equal: ['datname'] },
];

// [{ source, target, equal }]: source and target as [label, operator, value].
local inhibitions(config) = [
  {
    source: [['alertname', '=~', ours], ['severity', '=', 'critical']],
    target: [['alertname', '=~', ours], ['severity', '=~', 'warning|info']],
    equal: ['alertname'] + subjects(config),
  },
  {
    source: [['alertname', '=~', ours], ['severity', '=', 'warning']],
    target: [['alertname', '=~', ours], ['severity', '=', 'info']],
    equal: ['alertname'] + subjects(config),
  },
  // Nothing answers: what it would say about itself is old news.
  {
    source: [['alertname', '=~', pattern(['Down', 'Absent'])]],
    target: [['alertname', '=~', pattern(symptoms + ['InstanceDown', 'InstrumentDegraded'])]],
    equal: config.groupLabels,
  },
  // Without PostgreSQL everything above it fails; the exporters' job is not the application's, so only the place is equal.
  {
    source: [['alertname', '=~', pattern(['DatabaseDown', 'DatabaseRecovering'])]],
    target: [['alertname', '=~', pattern(symptoms + ['AuditDatabaseUnread', 'AuditMaintenanceMissing', 'AuditRollUpLag', 'AuditRowsLate'])]],
    equal: config.scopeLabels,
  },
  {
    source: [['alertname', '=~', pattern(['CacheConnectionLost', 'CacheRecovering'])]],
    target: [['alertname', '=~', pattern(['CacheHitRateLow', 'CacheErrors'])]],
    equal: config.scopeLabels,
  },
  // An exhausted pool explains the waiting, the time-outs and the latency.
  {
    source: [['alertname', '=', 'FraiseQLDatabaseConnectionPoolExhausted'], ['severity', '=', 'critical']],
    target: [['alertname', '=~', pattern(['ConnectionPoolWaiting', 'HighLatency', 'LatencyBudgetBurn'])]],
    equal: config.groupLabels,
  },
  // Without turns nothing is rolled up, and nobody moves stray rows.
  {
    source: [['alertname', '=', 'FraiseQLAuditMaintenanceMissing']],
    target: [['alertname', '=~', pattern(['AuditRollUpLag', 'AuditStrayRows'])]],
    equal: config.groupLabels,
  },
] + [
  // One witness is enough. A critical one comes with its own warning, so that the same severity is what it explains.
  {
    source: [['alertname', '=', 'FraiseQL' + each.first]],
    target: [['alertname', '=', 'FraiseQL' + each.second]],
    equal: ['severity'] + config.scopeLabels + each.equal,
  }
  for each in twice
];

// Alerts that only mute others: nobody is told of them.
local silent = ['alertname', '=~', pattern(['DatabaseRecovering', 'CacheRecovering'])];

// Matchers as Alertmanager's own file writes them.
local matchers(list) = [each[0] + each[1] + '"' + each[2] + '"' for each in list];

// What may keep the backend from delivering the alert about it.
local aboutBackend = ['BackendDown', 'BackendAbsent', 'IntakeFailing', 'InboxStuck', 'DeliveryFailing', 'DeliveryDead', 'DeliveryQueueStuck', 'EscalationsOverdue', 'WatchdogMissing', 'HeartbeatMissing', 'BackendLoopFailing'];

local timings(config) = {
  group_wait: duration.text(config, config.deploy.groupWait),
  group_interval: duration.text(config, config.deploy.groupInterval),
  repeat_interval: duration.text(config, config.deploy.repeatInterval),
};

local webhook(config) = {
  url: config.deploy.webhookUrl,
  send_resolved: true,
  max_alerts: 0,
  http_config: {
    follow_redirects: false,
    [if config.deploy.webhookTokenFile != '' then 'authorization']: {
      type: 'Bearer',
      credentials_file: config.deploy.webhookTokenFile,
    },
  },
};

{
  ours:: ours,
  silent:: silent,
  inhibitions:: inhibitions,
  groupBy(config):: ['alertname'] + config.groupLabels,

  file(config):: {
    route: {
      receiver: 'fraiseql-observe',
      group_by: $.groupBy(config),
      routes: [{
        receiver: 'fraiseql-observe-watchdog',
        matchers: ['alertname="FraiseQLWatchdog"'],
        group_wait: '0s',
        group_interval: duration.text(config, config.deploy.watchdogInterval),
        repeat_interval: duration.text(config, config.deploy.watchdogInterval),
      }, {
        receiver: 'nobody',
        matchers: matchers([silent]),
      }] + $.fallbackRoutes(config),
    } + timings(config),
    inhibit_rules: [
      { source_matchers: matchers(each.source), target_matchers: matchers(each.target), equal: each.equal }
      for each in inhibitions(config)
    ],
    receivers: [
      { name: 'fraiseql-observe', webhook_configs: [webhook(config)] },
      { name: 'fraiseql-observe-watchdog', webhook_configs: [webhook(config)] },
      { name: 'nobody' },
    ] + (if config.deploy.fallback == {} then [] else [{ name: 'fraiseql-observe-fallback' } + config.deploy.fallback]),
  },

  // Alerts about the backend go both ways: past it, and to it, which keeps their history. A route of its own follows,
  // because an alert that one route took does not fall back to the root.
  fallbackRoutes(config)::
    local matching = ['alertname=~"' + pattern(aboutBackend) + '"'];
    if config.deploy.fallback == {} then [] else [
      { receiver: 'fraiseql-observe-fallback', matchers: matching, continue: true },
      { receiver: 'fraiseql-observe', matchers: matching },
    ],
}
