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

    // Label matchers that find the alert backend's own series.
    // Unit: PromQL matchers
    // Example: 'job="alert-backend"'
    observeSelector: 'job="fraiseql-observe"',

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
    runbookUrlPattern: 'https://github.com/fraiseql/fraiseql-observe/blob/main/docs/runbooks/%s.md',

    // Grafana's address, for links from alerts to dashboards; without it alerts carry none.
    // Unit: URL or ''
    // Example: 'https://grafana.example.com'
    grafanaUrl: '',

    // ---------------------------------------------------------------- Dashboards

    // What all dashboards share, and each one's switch.
    // Unit: see each key
    // Example: { refresh: 60, compliance+: { enabled: false } }
    // - *.enabled: Whether the dashboard is drawn. Unit: true or false. Example: false
    // - *.uid: Its address, part of every link: change it before first use or never. Unit: text. Example: 'shop-operations'
    dashboards: {
      // Time between two refreshes of an open dashboard.
      // Unit: seconds
      // Example: 60
      refresh: 30,

      // How far back a dashboard looks when it opens.
      // Unit: seconds
      // Example: 3600
      from: 3 * 60 * 60,

      // The shortest step of a graph: below a few scrapes lines turn into noise.
      // Unit: seconds
      // Example: 60
      interval: 30,

      // The clock on the axes: utc, browser, or a place. People on call compare clocks, hence utc.
      // Unit: text
      // Example: 'Europe/Paris'
      timezone: 'utc',

      // Tags of every dashboard; the links between dashboards follow the first.
      // Unit: list of texts
      // Example: ['fraiseql', 'shop']
      tags: ['fraiseql'],

      // Whether each dashboard links to the others at its top.
      // Unit: true or false
      // Example: false
      links: true,

      // Marks on every graph.
      // Unit: see each key
      // Example: { alerts: false }
      annotations: {
        // New versions of the application.
        // Unit: true or false
        // Example: false
        deploys: true,

        // Our alerts while they fire.
        // Unit: true or false
        // Example: false
        alerts: true,
      },

      // Rows that a panel of the largest shows.
      // Unit: count
      // Example: 20
      top: 10,

      operations: { enabled: true, uid: 'fraiseql-operations' },
      cache: { enabled: true, uid: 'fraiseql-cache' },
      database: { enabled: true, uid: 'fraiseql-database' },
      errors: { enabled: true, uid: 'fraiseql-errors' },
      users: { enabled: true, uid: 'fraiseql-users' },
      compliance: { enabled: true, uid: 'fraiseql-compliance' },
      backend: { enabled: true, uid: 'fraiseql-backend' },
    },

    // Who answers the SQL panels: Grafana's own PostgreSQL data source, with a login to the database, or the Infinity data
    // source (a plugin), which asks the alert backend's audit proxy and needs no login.
    // Unit: postgres or infinity
    // Example: 'infinity'
    auditSource: 'postgres',

    // ---------------------------------------------------------------- Delivery

    // How the rendered files for Prometheus, Alertmanager, Grafana and Kubernetes find one another.
    // Unit: see each key
    // Example: { alertmanager: 'alertmanager.monitoring:9093' }
    deploy: {
      // The webhook that every notification goes to: the alert backend's.
      // Unit: URL
      // Example: 'https://observe.example.com/webhooks/alertmanager'
      webhookUrl: 'http://fraiseql-observe:9095/webhooks/alertmanager',

      // The file on Alertmanager's host that holds the webhook's bearer token; '' sends none.
      // Unit: file or ''
      // Example: '/run/secrets/fraiseql-observe-token'
      webhookTokenFile: '/etc/alertmanager/fraiseql-observe-token',

      // Where the alerts about the backend itself go as well, since it may be unable to deliver them: the configuration of a
      // receiver of Alertmanager's own, without its name. {} leaves them to the backend alone. For alertmanager.yml; the
      // operator's AlertmanagerConfig spells receivers differently, so add one of your own there.
      // Unit: receiver of Alertmanager
      // Example: { email_configs: [{ to: 'on-call@example.com' }] }
      fallback: {},

      // The file on Prometheus' host that holds the bearer token of the application's metrics; '' sends none.
      // FraiseQL v2 shows its metrics to nobody without one.
      // Unit: file or ''
      // Example: '/run/secrets/fraiseql-metrics-token'
      metricsTokenFile: if config.flavour == 'v2' then '/etc/prometheus/fraiseql-metrics-token' else '',

      // How long Alertmanager waits for more alerts of a group before it tells us; our side groups incidents itself.
      // Unit: seconds
      // Example: 10
      groupWait: 1,

      // How long Alertmanager waits before it tells us of changes in a group.
      // Unit: seconds
      // Example: 60
      groupInterval: 30,

      // How long Alertmanager waits before it repeats what still fires.
      // Unit: seconds
      // Example: 3600
      repeatInterval: 4 * 60 * 60,

      // How often the watchdog is repeated: somebody misses it when it stops.
      // Unit: seconds
      // Example: 300
      watchdogInterval: 60,

      // What Prometheus scrapes, by job.
      // Unit: see each key
      // Example: { fraiseql: ['app-1:8000', 'app-2:8000'] }
      // - *: The targets of one job. Unit: list of addresses. Example: ['app-1:8000', 'app-2:8000']
      targets: {
        fraiseql: ['fraiseql:8000'],
        postgres: ['postgres-exporter:9187'],
        node: ['node-exporter:9100'],
        redis: ['redis-exporter:9121'],
        'fraiseql-observe': ['fraiseql-observe:9095'],
        prometheus: ['localhost:9090'],
        alertmanager: ['alertmanager:9093'],
      },

      // Where Prometheus sends alerts.
      // Unit: address
      // Example: 'alertmanager.monitoring:9093'
      alertmanager: 'alertmanager:9093',

      // Where Grafana's host keeps the dashboards.
      // Unit: text
      // Example: '/var/lib/grafana/dashboards'
      dashboardsPath: '/etc/grafana/provisioning/dashboards',

      // The folder in Grafana that the dashboards appear in.
      // Unit: text
      // Example: 'Shop'
      folder: 'FraiseQL',

      // Where Grafana finds the audit proxy, for the Infinity data source: the alert backend's address.
      // Unit: URL
      // Example: 'https://observe.example.com/'
      auditUrl: 'http://fraiseql-observe:9095/',

      // How Grafana talks to the audit database, for the PostgreSQL data source: disable, require, verify-ca or verify-full.
      // Unit: disable, require, verify-ca or verify-full
      // Example: 'verify-full'
      auditSslMode: 'require',

      // The namespace of the monitoring stack, where our Kubernetes objects go.
      // Unit: text
      // Example: 'observability'
      namespace: 'monitoring',

      // The namespace of the application.
      // Unit: text
      // Example: 'shop'
      applicationNamespace: 'default',

      // The labels of the application's Service and Pods.
      // Unit: map of texts
      // Example: { app: 'shop-api' }
      applicationLabels: { 'app.kubernetes.io/name': 'fraiseql' },

      // The name of the port that serves the application's metrics.
      // Unit: text
      // Example: 'metrics'
      applicationPort: 'http',

      // The labels by which the operator finds our rules, monitors and alert routes.
      // Unit: map of texts
      // Example: { release: 'monitoring' }
      operatorLabels: { release: 'kube-prometheus-stack' },
    },

    // ---------------------------------------------------------------- Alerts, SLO and rules

    // How often Prometheus evaluates the rules.
    // Unit: seconds
    // Example: 60
    evaluationInterval: 30,

    // Operations (or cache look-ups, or queries) per second below which a share says little: alerts on shares wait for more.
    // Unit: number (per second)
    // Example: 1
    minimumTraffic: 0.05,

    // Labels added to every alert, for routing.
    // Unit: map of texts
    // Example: { team: 'platform' }
    alertLabels: {},

    // Annotations added to every alert.
    // Unit: map of texts
    // Example: { escalation: 'https://wiki.example.com/on-call' }
    alertAnnotations: {},

    // Every alert: its switch, its threshold for each severity (null: not at that severity) or its one severity,
    // the window it looks back over, how long it must hold, and how long it stays once it no longer holds.
    // Per environment, merge another object over it. Panels draw the same thresholds.
    // Unit: see each key
    // Example: { HighLatency+: { thresholds+: { critical: 2 } }, CacheHitRateLow+: { enabled: false } }
    // - *.enabled: Whether the alert is rendered. Unit: true or false. Example: false
    // - *.thresholds: The value from which it fires, by severity; null renders no such severity. Unit: thresholds. Example: { warning: 0.02, critical: 0.1 }
    // - *.severity: The one severity of an alert that has no thresholds. Unit: severity. Example: 'warning'
    // - *.window: How far back it looks. Unit: seconds. Example: 600
    // - *.for: How long the condition must hold; null fires at once. Unit: seconds or null. Example: 300
    // - *.keepFiringFor: How long it stays once the condition no longer holds; null resolves at once. Unit: seconds or null. Example: 600
    // - SuspiciousQueryPattern.complexity: The complexity from which an operation is suspicious, a bound of the histogram. Unit: count. Example: 500
    // - UnauthorizedDataAccess.factor: How many times the denials of the time before count as a spike. Unit: factor. Example: 5
    // - UnauthorizedDataAccess.baseline: How far back the denials of the time before are counted. Unit: seconds. Example: 7200
    // - AuditDeniedAccess.factor: How many times the denials of the time before count as a spike. Unit: factor. Example: 5
    // - AuditDeniedAccess.baseline: How far back the denials of the time before are counted. Unit: seconds. Example: 7200
    // - AuditDatabaseGrowth.minimumBytes: The size below which growth is no news. Unit: count (bytes). Example: 1073741824
    // - DatabaseGrowth.minimumBytes: The size below which growth is no news. Unit: count (bytes). Example: 1073741824
    alerts: import 'alerts/settings.libsonnet',

    // The service level objective and how fast its budget may burn. An alert fires when both its windows burn `factor` times
    // faster than the budget lasts for the period; the short window makes it stop soon after the fault does.
    // Unit: see each key
    // Example: { availability+: { objective: 0.995 }, latency+: { threshold: 0.25 } }
    slo: {
      // How many operations must not fail by the server's fault (database and internal errors).
      // Unit: see each key
      // Example: { objective: 0.995 }
      // - objective: The part of them. Unit: share. Example: 0.995
      availability: { objective: 0.999 },
      // How many operations must be fast.
      // Unit: see each key
      // Example: { objective: 0.95, threshold: 0.25 }
      // - objective: The part of them. Unit: share. Example: 0.95
      // - threshold: What is fast, one of the bounds of the histogram. Unit: seconds. Example: 0.25
      latency: { objective: 0.99, threshold: 0.5 },
      // The time over which the budget counts.
      // Unit: seconds
      // Example: 604800
      period: 30 * 24 * 60 * 60,
      // The pairs of windows that are watched: long and short window and `for` in seconds, and how many times too fast the budget burns.
      // Unit: list of objects
      // Example: [{ severity: 'critical', long: 3600, short: 300, factor: 14.4, 'for': 120 }]
      windows: [
        { severity: 'critical', long: 60 * 60, short: 5 * 60, factor: 14.4, 'for': 120 },
        { severity: 'critical', long: 6 * 60 * 60, short: 30 * 60, factor: 6, 'for': 15 * 60 },
        { severity: 'warning', long: 24 * 60 * 60, short: 2 * 60 * 60, factor: 3, 'for': 60 * 60 },
        { severity: 'warning', long: 3 * 24 * 60 * 60, short: 6 * 60 * 60, factor: 1, 'for': 3 * 60 * 60 },
      ],
    },

    assert check(config) == [] : std.join('\n', check(config)),
  },
}
