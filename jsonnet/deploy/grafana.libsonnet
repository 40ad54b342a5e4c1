// What Grafana reads when it starts. Addresses and secrets come from its environment: PROMETHEUS_URL,
// ALERTMANAGER_URL, those of lib/audit_datasource.libsonnet, and FRAISEQL_OBSERVE_TOKEN. They are
// written without braces: Grafana expands ${NAME} twice, which would eat a dollar sign in a password. There is no notification
// policy: Grafana has one tree of them, and provisioning would replace everybody's.
local audit = import '../lib/audit_datasource.libsonnet';
local duration = import '../lib/duration.libsonnet';

local dataSources(config) = {
  apiVersion: 1,
  datasources: [
    {
      name: 'FraiseQL Prometheus',
      uid: 'fraiseql-prometheus',
      type: 'prometheus',
      access: 'proxy',
      url: '$PROMETHEUS_URL',
      editable: false,
      jsonData: { httpMethod: 'POST', manageAlerts: true, timeInterval: duration.text(config, config.scrapeInterval) },
    },
    audit(config).dataSource,
    {
      name: 'FraiseQL Alertmanager',
      uid: 'fraiseql-alertmanager',
      type: 'alertmanager',
      access: 'proxy',
      url: '$ALERTMANAGER_URL',
      editable: false,
      jsonData: { implementation: 'prometheus', handleGrafanaManagedAlerts: false },
    },
  ],
};

local provider(config) = {
  apiVersion: 1,
  providers: [{
    name: 'fraiseql-observe',
    orgId: 1,
    folder: config.deploy.folder,
    folderUid: 'fraiseql',
    type: 'file',
    disableDeletion: true,
    allowUiUpdates: false,
    updateIntervalSeconds: 30,
    options: { path: config.deploy.dashboardsPath, foldersFromFilesStructure: false },
  }],
};

local contactPoint(config) = {
  apiVersion: 1,
  contactPoints: [{
    orgId: 1,
    name: 'fraiseql-observe',
    receivers: [{
      uid: 'fraiseql-observe',
      type: 'webhook',
      disableResolveMessage: false,
      settings: {
        url: config.deploy.webhookUrl,
        httpMethod: 'POST',
        authorization_scheme: 'Bearer',
        authorization_credentials: '$FRAISEQL_OBSERVE_TOKEN',
      },
    }],
  }],
};

function(config) {
  'provisioning/grafana/datasources/fraiseql.yaml': dataSources(config),
  'provisioning/grafana/dashboards/fraiseql.yaml': provider(config),
  'provisioning/grafana/alerting/fraiseql-contact-point.yaml': contactPoint(config),
}
