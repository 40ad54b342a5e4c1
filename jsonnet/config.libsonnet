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
    alerts: import 'alerts/settings.libsonnet',

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
