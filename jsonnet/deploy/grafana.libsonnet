// What Grafana reads when it starts. Addresses and secrets come from its environment: PROMETHEUS_URL,
// ALERTMANAGER_URL, AUDIT_DATABASE_HOST, _NAME, _USER, _PASSWORD, and FRAISEQL_OBSERVE_TOKEN.
local duration = import '../lib/duration.libsonnet';

local dataSources(config) = {
  apiVersion: 1,
  datasources: [
    {
      name: 'FraiseQL Prometheus',
      uid: 'fraiseql-prometheus',
      type: 'prometheus',
      access: 'proxy',
      url: '${PROMETHEUS_URL}',
      editable: false,
      jsonData: { httpMethod: 'POST', manageAlerts: true, timeInterval: duration.text(config, config.scrapeInterval) },
    },
    {
      name: 'FraiseQL audit',
      uid: 'fraiseql-audit',
      type: 'grafana-postgresql-datasource',
      access: 'proxy',
      url: '${AUDIT_DATABASE_HOST}',
      user: '${AUDIT_DATABASE_USER}',
      editable: false,
      jsonData: {
        database: '${AUDIT_DATABASE_NAME}',
        sslmode: config.deploy.auditSslMode,
        maxOpenConns: 5,
        maxIdleConns: 2,
        connMaxLifetime: 14400,
        postgresVersion: 1500,
        timescaledb: false,
      },
      secureJsonData: { password: '${AUDIT_DATABASE_PASSWORD}' },
    },
    {
      name: 'FraiseQL Alertmanager',
      uid: 'fraiseql-alertmanager',
      type: 'alertmanager',
      access: 'proxy',
      url: '${ALERTMANAGER_URL}',
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
        authorization_credentials: '${FRAISEQL_OBSERVE_TOKEN}',
      },
    }],
  }],
};

// Grafana has one policy tree, and provisioning replaces it whole: leave this file out where others have routes there.
local policy(config) = {
  apiVersion: 1,
  policies: [{
    orgId: 1,
    receiver: 'fraiseql-observe',
    group_by: ['grafana_folder', 'alertname'],
    group_wait: duration.text(config, config.deploy.groupWait),
    group_interval: duration.text(config, config.deploy.groupInterval),
    repeat_interval: duration.text(config, config.deploy.repeatInterval),
  }],
};

function(config) {
  'provisioning/grafana/datasources/fraiseql.yaml': dataSources(config),
  'provisioning/grafana/dashboards/fraiseql.yaml': provider(config),
  'provisioning/grafana/alerting/fraiseql-contact-point.yaml': contactPoint(config),
  'provisioning/grafana/alerting/fraiseql-policy.yaml': policy(config),
}
