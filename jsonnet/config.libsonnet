// Every knob. Override with `_config+:: { ... }`; durations are seconds, shares run from 0 to 1.
// Each knob says what it does, its unit and an example, and docs/reference/config.md is made from that.
local check = import 'lib/check.libsonnet';

{
  _config+:: {
    local config = self,

    // Which FraiseQL is watched: v1 is the Python line with the instrument, v2 the Rust server.
    // A panel or alert whose signal a flavour cannot give is left out, and the build lists it.
    // Unit: v1 or v2
    // Example: 'v2'
    flavour: 'v1',

    // ---------------------------------------------------------------- What to select

    // Label matchers that find the application's series.
    // Unit: PromQL matchers
    // Example: 'job=~"fraiseql-.*"'
    fraiseqlSelector: 'job="fraiseql"',

    // Label matchers that find postgres_exporter's series.
    // Unit: PromQL matchers
    // Example: 'job="postgres-exporter"'
    postgresSelector: 'job="postgres"',

    // Label matchers that find node_exporter's series.
    // Unit: PromQL matchers
    // Example: 'job="node-exporter"'
    nodeSelector: 'job="node"',

    // Label matchers that find redis_exporter's series.
    // Unit: PromQL matchers
    // Example: 'job="redis-exporter"'
    redisSelector: 'job="redis"',

    // The application's database as postgres_exporter names it, as a matcher's right-hand side.
    // Unit: regular expression
    // Example: 'shop|shop_archive'
    databaseRegex: '.+',

    // The mount points whose free space counts.
    // Unit: regular expression
    // Example: '/|/var/lib/postgresql'
    mountpointRegex: '.+',

    // File systems that hold no data of their own.
    // Unit: regular expression
    // Example: 'tmpfs|overlay'
    ignoredFilesystemRegex: 'tmpfs|ramfs|overlay|squashfs|iso9660|fuse.*|autofs',

    // ---------------------------------------------------------------- Labels

    // The label that tells one cluster from another.
    // Unit: label name
    // Example: 'k8s_cluster'
    clusterLabel: 'cluster',

    // Whether series carry the cluster label: adds the variable, and keeps the label in every rule.
    // Unit: true or false
    // Example: true
    showMultiCluster: false,

    // The label that tells one namespace from another.
    // Unit: label name
    // Example: 'kubernetes_namespace'
    namespaceLabel: 'namespace',

    // Whether series carry the namespace label: adds the variable, and keeps the label in every rule.
    // Unit: true or false
    // Example: true
    showNamespace: false,

    // The label that tells one process of the application from another.
    // Unit: label name
    // Example: 'pod'
    instanceLabel: 'instance',

    // The labels above the job, outermost first; derived.
    // Unit: list of label names
    // Example: ['cluster', 'namespace']
    scopeLabels: (if config.showMultiCluster then [config.clusterLabel] else []) +
                 (if config.showNamespace then [config.namespaceLabel] else []),

    // The labels every rule keeps and Alertmanager groups by; derived.
    // Unit: list of label names
    // Example: ['cluster', 'job']
    groupLabels: config.scopeLabels + ['job'],

    // ---------------------------------------------------------------- Times

    // How often Prometheus scrapes; every rate looks back over at least four scrapes.
    // Unit: seconds
    // Example: 30
    scrapeInterval: 15,

    // Divides every duration of the mixin: 60 makes an hour last a minute, for drills and tests.
    // Unit: factor
    // Example: 60
    timeScale: 1,

    // Which histograms the application exposes: the classic buckets, native ones, or either (asks for both).
    // Unit: classic, native or both
    // Example: 'both'
    nativeHistograms: 'classic',

    // ---------------------------------------------------------------- Links

    // Where a runbook lives; %s becomes the alert's name.
    // Unit: URL
    // Example: 'https://wiki.example.com/runbooks/%s'
    runbookUrlPattern: 'https://fraiseql.github.io/fraiseql-observe/runbooks/%s',

    // Grafana's address, for links from alerts to dashboards; without it alerts carry none.
    // Unit: URL or ''
    // Example: 'https://grafana.example.com'
    grafanaUrl: '',

    // ---------------------------------------------------------------- Dashboards

    // What all dashboards share, and each one's switch. The uid is part of every link: change it only before first use.
    // Unit: see each key
    // Example: { refresh: 60, compliance+: { enabled: false } }
    dashboards: {
      // Seconds between two refreshes; '' in Grafana's menu stays possible.
      refresh: 30,
      // Seconds the time range reaches back when a dashboard opens.
      from: 3 * 60 * 60,
      // 'utc', 'browser' or a name such as 'Europe/Paris'. People on call compare clocks, hence utc.
      timezone: 'utc',
      // Tags of every dashboard; the links between dashboards follow the first.
      tags: ['fraiseql'],
      // Links to the sibling dashboards at the top of each.
      links: true,
      // Marks on every graph: new versions of the application, and alerts while they fire.
      annotations: { deploys: true, alerts: true },
      // Rows that a "top" panel shows.
      top: 10,
      operations: { enabled: true, uid: 'fraiseql-operations' },
      cache: { enabled: true, uid: 'fraiseql-cache' },
      database: { enabled: true, uid: 'fraiseql-database' },
      errors: { enabled: true, uid: 'fraiseql-errors' },
      users: { enabled: true, uid: 'fraiseql-users' },
      compliance: { enabled: true, uid: 'fraiseql-compliance' },
    },

    // Who answers the SQL panels: Grafana's own PostgreSQL data source.
    // Unit: postgres
    // Example: 'postgres'
    auditSource: 'postgres',

    // ---------------------------------------------------------------- Delivery

    // Where Alertmanager, Prometheus and Grafana find their neighbours in the rendered bundle.
    // Unit: addresses as host:port or URL
    // Example: { alertmanager: 'alertmanager.monitoring:9093' }
    deploy: {
      // Our webhook, which every notification goes to, and the file that holds its bearer token.
      webhookUrl: 'http://fraiseql-observe:9877/webhooks/alertmanager',
      webhookTokenFile: '/etc/alertmanager/fraiseql-observe-token',
      // Scrape targets by job.
      targets: {
        fraiseql: ['fraiseql:8000'],
        postgres: ['postgres-exporter:9187'],
        node: ['node-exporter:9100'],
        redis: ['redis-exporter:9121'],
        prometheus: ['localhost:9090'],
        alertmanager: ['alertmanager:9093'],
      },
      alertmanager: 'alertmanager:9093',
      // Kubernetes: where the objects go, and the labels by which operators and side-cars find them.
      namespace: 'monitoring',
      applicationNamespace: 'default',
      applicationLabels: { 'app.kubernetes.io/name': 'fraiseql' },
      ruleLabels: { release: 'kube-prometheus-stack' },
      folder: 'FraiseQL',
    },

    // ---------------------------------------------------------------- Alerts, SLO and rules: owner alerts

    // How often Prometheus evaluates the rules.
    // Unit: seconds
    // Example: 60
    evaluationInterval: 30,

    // Operations (or cache look-ups, or queries) per second below which a share says little: alerts on shares wait for more.
    // Unit: per second
    // Example: 1
    minimumTraffic: 0.05,

    // Labels added to every alert, for routing.
    // Unit: label names and values
    // Example: { team: 'platform' }
    alertLabels: {},

    // Annotations added to every alert.
    // Unit: annotation names and texts
    // Example: { escalation: 'https://wiki.example.com/on-call' }
    alertAnnotations: {},

    // Every alert: its switch, its threshold for each severity (null: not at that severity) or its one severity,
    // the window it looks back over, how long it must hold, and how long it stays once it no longer holds.
    // Per environment, merge another object over it. Panels draw the same thresholds.
    // Unit: seconds, shares of 1, or what the comment says
    // Example: { HighLatency+: { thresholds+: { critical: 2 } }, CacheHitRateLow+: { enabled: false } }
    alerts: {
      // Failed share of all GraphQL operations, whoever's fault.
      HighErrorRate: { enabled: true, thresholds: { warning: 0.05, critical: 0.20 }, window: 300, 'for': 60, keepFiringFor: 300 },
      // Seconds that the slowest hundredth of the operations takes (P99).
      HighLatency: { enabled: true, thresholds: { warning: 1, critical: 5 }, window: 300, 'for': 120, keepFiringFor: 300 },
      // Share of the database queries that take over 100 ms.
      SlowQueryRate: { enabled: true, thresholds: { warning: 0.10 }, window: 300, 'for': 300, keepFiringFor: 300 },
      // Share of the cache look-ups that hit; lower is worse.
      CacheHitRateLow: { enabled: true, thresholds: { warning: 0.75 }, window: 600, 'for': 600, keepFiringFor: 600 },

      // Share of the connection pool that is in use.
      DatabaseConnectionPoolExhausted: { enabled: true, thresholds: { warning: 0.90, critical: 0.99 }, window: 60, 'for': 120, keepFiringFor: 300 },
      // Requests that wait for a connection.
      ConnectionPoolWaiting: { enabled: true, thresholds: { warning: 0 }, window: 60, 'for': 300, keepFiringFor: 300 },
      // Requests in the window that gave up waiting for a connection.
      ConnectionPoolTimeouts: { enabled: true, thresholds: { critical: 0 }, window: 300 },
      // postgres_exporter cannot reach PostgreSQL.
      DatabaseDown: { enabled: true, severity: 'critical', window: 60, 'for': 60 },
      // redis_exporter cannot reach Redis.
      CacheConnectionLost: { enabled: true, severity: 'warning', window: 60, 'for': 60 },
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
      // Denials in the window, if they are also over `factor` times what the hour (`baseline`) before had in such a window.
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
      // Always fires: what watches the watchers misses it when alerts stop arriving.
      Watchdog: { enabled: true, severity: 'none' },
    },

    // The service level objective and how fast its budget may burn. An alert fires when both its windows burn `factor` times
    // faster than the budget lasts for the period; the short window makes it stop soon after the fault does.
    // Unit: shares of 1, seconds
    // Example: { availability+: { objective: 0.995 }, latency+: { threshold: 0.25 } }
    slo: {
      // Share of the operations that must not fail by the server's fault (database and internal errors).
      availability: { objective: 0.999 },
      // Share of the operations that must take at most `threshold` seconds, one of the histogram's bounds.
      latency: { objective: 0.99, threshold: 0.5 },
      // Seconds over which the budget counts.
      period: 30 * 24 * 60 * 60,
      windows: [
        { severity: 'critical', long: 60 * 60, short: 5 * 60, factor: 14.4, 'for': 120 },
        { severity: 'critical', long: 6 * 60 * 60, short: 30 * 60, factor: 6, 'for': 15 * 60 },
        { severity: 'warning', long: 24 * 60 * 60, short: 2 * 60 * 60, factor: 3, 'for': 60 * 60 },
        { severity: 'warning', long: 3 * 24 * 60 * 60, short: 6 * 60 * 60, factor: 1, 'for': 3 * 60 * 60 },
      ],
    },
    // ---------------------------------------------------------------- end of alerts, SLO and rules

    assert check(config) == [] : std.join('\n', check(config)),
  },
}
