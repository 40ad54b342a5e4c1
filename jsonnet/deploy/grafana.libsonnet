// What Grafana reads when it starts. Addresses and secrets come from its environment: PROMETHEUS_URL,
// ALERTMANAGER_URL, AUDIT_DATABASE_HOST, _NAME, _USER, _PASSWORD, and FRAISEQL_OBSERVE_TOKEN. They are
// written without braces: Grafana expands ${NAME} twice, which would eat a dollar sign in a password. There is no notification
// policy: Grafana has one tree of them, and provisioning would replace everybody's.
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
    {
      name: 'FraiseQL audit',
      uid: 'fraiseql-audit',
      type: 'grafana-postgresql-datasource',
      access: 'proxy',
      url: '$AUDIT_DATABASE_HOST',
      user: '$AUDIT_DATABASE_USER',
      editable: false,
      jsonData: {
        database: '$AUDIT_DATABASE_NAME',
        sslmode: config.deploy.auditSslMode,
        maxOpenConns: 5,
        maxIdleConns: 2,
        connMaxLifetime: 14400,
        postgresVersion: 1500,
        timescaledb: false,
      },
      secureJsonData: { password: '$AUDIT_DATABASE_PASSWORD' },
    },
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
