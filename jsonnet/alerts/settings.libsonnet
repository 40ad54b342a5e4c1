// Every alert as it ships: its switch, its threshold for each severity (null: not at that severity) or its one severity,
// the window it looks back over, how long it must hold (`for`), and how long it stays once it no longer holds.
// Seconds, shares of 1, or what the comment says. Change them through `_config.alerts`.
{
  // Failed share of all GraphQL operations, whoever's fault.
  HighErrorRate: { enabled: true, thresholds: { warning: 0.05, critical: 0.20 }, window: 300, 'for': 60, keepFiringFor: 300 },
  // Seconds that the slowest hundredth of the operations takes (P99).
  HighLatency: { enabled: true, thresholds: { warning: 1, critical: 5 }, window: 300, 'for': 120, keepFiringFor: 300 },
  // Share of the database queries that take over 100 ms.
  SlowQueryRate: { enabled: true, thresholds: { warning: 0.10 }, window: 300, 'for': 300, keepFiringFor: 300 },
  // Share of the cache look-ups that hit; lower is worse.
  CacheHitRateLow: { enabled: true, thresholds: { warning: 0.75 }, window: 600, 'for': 600, keepFiringFor: 600 },

  // Share of the connection pool that is in use throughout the window.
  DatabaseConnectionPoolExhausted: { enabled: true, thresholds: { warning: 0.90, critical: 0.99 }, window: 60, 'for': 120, keepFiringFor: 300 },
  // Requests that wait for a connection throughout the window.
  ConnectionPoolWaiting: { enabled: true, thresholds: { warning: 0 }, window: 60, 'for': 300, keepFiringFor: 300 },
  // Requests in the window that gave up waiting for a connection.
  ConnectionPoolTimeouts: { enabled: true, thresholds: { critical: 0 }, window: 300 },
  // postgres_exporter cannot reach PostgreSQL.
  DatabaseDown: { enabled: true, severity: 'critical', window: 60, 'for': 60 },
  // redis_exporter cannot reach Redis.
  CacheConnectionLost: { enabled: true, severity: 'warning', window: 60, 'for': 60 },
  // Mutes what suffered for as long as it still shows: the application finds its way back within minutes, a window of five
  // minutes passes, and an alert stays for five more.
  DatabaseRecovering: { enabled: true, severity: 'none', window: 15 * 60 },
  CacheRecovering: { enabled: true, severity: 'none', window: 15 * 60 },
  // Share of the cache operations that fail.
  CacheErrors: { enabled: true, thresholds: { warning: 0.05 }, window: 300, 'for': 300, keepFiringFor: 300 },
  // A check of the application's own health fails.
  HealthCheckFailed: { enabled: true, severity: 'critical', window: 60, 'for': 60 },
  // One instance does not answer Prometheus.
  InstanceDown: { enabled: true, severity: 'warning', window: 60, 'for': 60 },
  // No instance answers Prometheus.
  Down: { enabled: true, severity: 'critical', window: 60, 'for': 60 },
  // Prometheus knows no instance at all; clusters that were known within the window are missed by name.
  Absent: { enabled: true, severity: 'critical', window: 24 * 60 * 60, 'for': 300 },
  // An exporter that panels and alerts need does not answer Prometheus.
  ExporterDown: { enabled: true, severity: 'warning', window: 60, 'for': 300 },

  // Failed log-ins in the window.
  HighFailedAuthAttempts: { enabled: true, thresholds: { warning: 10, critical: 100 }, window: 300, keepFiringFor: 600 },
  // Operations in the window more complex than `complexity` fields (a bucket's bound), or too large to analyse.
  SuspiciousQueryPattern: { enabled: true, thresholds: { warning: 5 }, complexity: 1000, window: 300, keepFiringFor: 600 },
  // Denials in the window, if their share of the operations is also over `factor` times that of the hour (`baseline`).
  UnauthorizedDataAccess: { enabled: true, thresholds: { warning: 20 }, factor: 3, baseline: 60 * 60, window: 300, keepFiringFor: 1800 },

  // Age in seconds of the oldest audit event that is not yet in the database.
  AuditLogLag: { enabled: true, thresholds: { warning: 5, critical: 60 }, window: 60, 'for': 120, keepFiringFor: 300 },
  // Audit events lost in the window.
  AuditEventsDropped: { enabled: true, thresholds: { critical: 0 }, window: 300, keepFiringFor: 1800 },

  // Share of a machine's memory in use.
  HighMemoryUsage: { enabled: true, thresholds: { warning: 0.85, critical: 0.95 }, window: 60, 'for': 300, keepFiringFor: 300 },
  // Share of a machine's processors in use.
  HighCPUUsage: { enabled: true, thresholds: { warning: 0.80, critical: 0.95 }, window: 300, 'for': 600, keepFiringFor: 300 },
  // Share of a file system that is free; lower is worse.
  DiskSpaceRunningLow: { enabled: true, thresholds: { warning: 0.15, critical: 0.05 }, window: 60, 'for': 300, keepFiringFor: 300 },
  // Share by which a database of over `minimumBytes` grew in the window.
  DatabaseGrowth: { enabled: true, thresholds: { warning: 0.10 }, minimumBytes: 100 * 1024 * 1024, window: 24 * 60 * 60, 'for': 600, keepFiringFor: 3600 },

  // The error budget burns too fast; the windows are in slo.windows.
  ErrorBudgetBurn: { enabled: true },
  // The latency budget burns too fast; the windows are in slo.windows.
  LatencyBudgetBurn: { enabled: true },

  // Errors of the instrument itself in the window, or a hook that is not active.
  InstrumentDegraded: { enabled: true, thresholds: { warning: 0 }, window: 300, 'for': 300, keepFiringFor: 300 },
  // The application serves FraiseQL's hard-coded metrics because prometheus-client is missing.
  FakeMetrics: { enabled: true, severity: 'critical', 'for': 120 },
  // No process of the alert backend answers Prometheus.
  BackendDown: { enabled: true, severity: 'critical', window: 60, 'for': 60 },
  // The backend was known within the window, and is not any more.
  BackendAbsent: { enabled: true, severity: 'critical', window: 24 * 60 * 60, 'for': 300 },
  // Alert webhooks in the window that the backend could not store.
  IntakeFailing: { enabled: true, thresholds: { warning: 0 }, window: 300, 'for': 60, keepFiringFor: 300 },
  // Seconds since the oldest stored webhook that is not yet an incident came in.
  InboxStuck: { enabled: true, thresholds: { warning: 30, critical: 300 }, window: 60, 'for': 60, keepFiringFor: 300 },
  // Share of the tries to reach one kind of destination that fail.
  DeliveryFailing: { enabled: true, thresholds: { warning: 0.5, critical: 0.95 }, window: 600, 'for': 120, keepFiringFor: 300 },
  // Messages given up in the window.
  DeliveryDead: { enabled: true, thresholds: { critical: 0 }, window: 900 },
  // Seconds that the oldest due message has been waiting.
  DeliveryQueueStuck: { enabled: true, thresholds: { warning: 60, critical: 600 }, window: 60, 'for': 60, keepFiringFor: 300 },
  // A destination is left alone throughout the window.
  DestinationBreakerOpen: { enabled: true, severity: 'warning', window: 60, 'for': 300, keepFiringFor: 300 },
  // Steps of escalation policies that were overdue throughout the window.
  EscalationsOverdue: { enabled: true, thresholds: { critical: 0 }, window: 60, 'for': 60, keepFiringFor: 300 },
  // Seconds since the watchdog came in; what never came in within the window is not missed.
  WatchdogMissing: { enabled: true, thresholds: { critical: 600 }, window: 60 * 60, 'for': 60 },
  // Seconds since the heartbeat was taken; what never went out within the window is not missed.
  HeartbeatMissing: { enabled: true, thresholds: { warning: 300 }, window: 60 * 60, 'for': 60 },
  // How often in a row a loop of the backend failed, throughout the window.
  BackendLoopFailing: { enabled: true, thresholds: { warning: 0 }, window: 300, 'for': 300, keepFiringFor: 300 },
  // The backend could not read its settings.
  ConfigReloadFailed: { enabled: true, severity: 'warning', window: 60, 'for': 60 },

  // The backend could not read the audit database throughout the window.
  AuditDatabaseUnread: { enabled: true, severity: 'warning', window: 60, 'for': 300 },
  // Seconds since the last turn of the audit log's maintenance; without any turn it counts as long ago.
  AuditMaintenanceMissing: { enabled: true, thresholds: { warning: 600 }, window: 60, 'for': 300 },
  // Age in seconds of the oldest audit row that the roll-ups and the counters below do not know yet.
  AuditRollUpLag: { enabled: true, thresholds: { warning: 300 }, window: 60, 'for': 300, keepFiringFor: 300 },
  // Seconds that the slowest of the newest audit rows came after its operation.
  AuditRowsLate: { enabled: true, thresholds: { warning: 5, critical: 60 }, window: 60, 'for': 120, keepFiringFor: 300 },
  // Audit rows of the window about failed log-ins.
  AuditFailedLogins: { enabled: true, thresholds: { warning: 10, critical: 100 }, window: 300, keepFiringFor: 600 },
  // Audit rows of the window about denied access, if their share is also over `factor` times that of the hour (`baseline`).
  AuditDeniedAccess: { enabled: true, thresholds: { warning: 20 }, factor: 3, baseline: 60 * 60, window: 300, keepFiringFor: 1800 },
  // Admin actions of the window that failed or were denied.
  AuditAdminActionsFailing: { enabled: true, thresholds: { warning: 10 }, window: 3600, keepFiringFor: 1800 },
  // Roles and permissions given or taken in the window.
  AuditPermissionChanges: { enabled: true, thresholds: { warning: 50 }, window: 3600, keepFiringFor: 1800 },
  // Audit rows without a partition of their own throughout the window.
  AuditStrayRows: { enabled: true, thresholds: { warning: 0 }, window: 60, 'for': 900 },
  // Share by which the audit database, of over `minimumBytes`, grew in the window.
  AuditDatabaseGrowth: { enabled: true, thresholds: { warning: 0.10 }, minimumBytes: 100 * 1024 * 1024, window: 24 * 60 * 60, 'for': 600, keepFiringFor: 3600 },
  // Breaks of FraiseQL's hash chains that nobody has accepted.
  AuditChainBroken: { enabled: true, thresholds: { critical: 0 }, window: 60 },
  // Seconds since the end of a hash chain was last reached; one that never was is not missed.
  AuditChainUnverified: { enabled: true, thresholds: { warning: 60 * 60 }, window: 60, 'for': 300 },

  // Always fires: what watches the watchers misses it when alerts stop arriving.
  Watchdog: { enabled: true, severity: 'none' },
}
