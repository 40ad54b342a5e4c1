// The same for the Prometheus operator and Grafana's dashboard side-car.
local duration = import '../lib/duration.libsonnet';
local alertmanager = import 'alertmanager.libsonnet';
local jobName = import 'jobs.libsonnet';

local metadata(config, name, labels={}) = {
  name: name,
  namespace: config.deploy.namespace,
  labels: {
    'app.kubernetes.io/name': 'fraiseql-observe',
    'app.kubernetes.io/component': 'monitoring',
    'app.kubernetes.io/part-of': 'fraiseql',
  } + labels,
};

local object(config, apiVersion, kind, name, spec) = {
  apiVersion: apiVersion,
  kind: kind,
  metadata: metadata(config, name, config.deploy.operatorLabels),
  spec: spec,
};

local dashboard(config, file, uid, content) = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: metadata(config, uid, { grafana_dashboard: '1' }) {
    annotations: { grafana_folder: config.deploy.folder },
  },
  data: { [file]: content },
};

// The job label that the selectors of dashboards and rules expect, whatever the Service is called.
local endpoint(config) = {
  port: config.deploy.applicationPort,
  path: '/metrics',
  interval: duration.text(config, config.scrapeInterval),
  relabelings: [{ targetLabel: 'job', replacement: jobName(config, 'fraiseql') }],
  [if config.deploy.metricsTokenFile != '' then 'authorization']: {
    type: 'Bearer',
    credentials: { name: 'fraiseql-metrics', key: 'token' },
  },
};

local selection(config) = {
  namespaceSelector: { matchNames: [config.deploy.applicationNamespace] },
  selector: { matchLabels: config.deploy.applicationLabels },
};

local matchers(list) = [{ name: each[0], matchType: each[1], value: each[2] } for each in list];

local webhook(config) = {
  url: config.deploy.webhookUrl,
  sendResolved: true,
  maxAlerts: 0,
  httpConfig: {
    followRedirects: false,
    [if config.deploy.webhookTokenFile != '' then 'authorization']: {
      type: 'Bearer',
      credentials: { name: 'fraiseql-observe-token', key: 'token' },
    },
  },
};

local route(config) = {
  receiver: 'fraiseql-observe',
  groupBy: alertmanager.groupBy(config),
  groupWait: duration.text(config, config.deploy.groupWait),
  groupInterval: duration.text(config, config.deploy.groupInterval),
  repeatInterval: duration.text(config, config.deploy.repeatInterval),
  matchers: matchers([['alertname', '=~', alertmanager.ours]]),
  routes: [{
    receiver: 'fraiseql-observe-watchdog',
    groupBy: ['alertname'],
    groupWait: '0s',
    groupInterval: duration.text(config, config.deploy.watchdogInterval),
    repeatInterval: duration.text(config, config.deploy.watchdogInterval),
    matchers: matchers([['alertname', '=', 'FraiseQLWatchdog']]),
  }, {
    receiver: 'nobody',
    matchers: matchers([alertmanager.silent]),
  }],
};

function(config, mixin) {
  'bundle/kubernetes/prometheus-rule.yaml': object(config, 'monitoring.coreos.com/v1', 'PrometheusRule', 'fraiseql', {
    groups: mixin.prometheusRules.groups + mixin.prometheusAlerts.groups,
  }),
  'bundle/kubernetes/dashboards.yaml': [
    dashboard(config, file, mixin.grafanaDashboards[file].uid, mixin.dashboardText(file))
    for file in std.objectFields(mixin.grafanaDashboards)
  ],
  'bundle/kubernetes/service-monitor.yaml': object(config, 'monitoring.coreos.com/v1', 'ServiceMonitor', 'fraiseql', selection(config) {
    endpoints: [endpoint(config)],
  }),
  'bundle/kubernetes/backend-service-monitor.yaml': object(config, 'monitoring.coreos.com/v1', 'ServiceMonitor', 'fraiseql-observe', {
    namespaceSelector: { matchNames: [config.deploy.namespace] },
    selector: { matchLabels: { 'app.kubernetes.io/name': 'fraiseql-observe', 'app.kubernetes.io/component': 'backend' } },
    endpoints: [{
      port: 'http',
      path: '/metrics',
      interval: duration.text(config, config.scrapeInterval),
      relabelings: [{ targetLabel: 'job', replacement: jobName(config, 'fraiseql-observe') }],
    }],
  }),
  // For Pods without a Service; apply this or the ServiceMonitor, not both.
  'bundle/kubernetes/pod-monitor.yaml': object(config, 'monitoring.coreos.com/v1', 'PodMonitor', 'fraiseql', selection(config) {
    podMetricsEndpoints: [endpoint(config)],
  }),
  'bundle/kubernetes/alertmanager-config.yaml': object(config, 'monitoring.coreos.com/v1alpha1', 'AlertmanagerConfig', 'fraiseql', {
    route: route(config),
    inhibitRules: [
      { sourceMatch: matchers(each.source), targetMatch: matchers(each.target), equal: each.equal }
      for each in alertmanager.inhibitions(config)
    ],
    receivers: [
      { name: 'fraiseql-observe', webhookConfigs: [webhook(config)] },
      { name: 'fraiseql-observe-watchdog', webhookConfigs: [webhook(config)] },
      { name: 'nobody' },
    ],
  }),
}
