// Values for the chart kube-prometheus-stack, so that its operator, Grafana and side-car take what we render.
local duration = import '../lib/duration.libsonnet';

local secret(name, key) = { secretKeyRef: { name: name, key: key } };

function(config) {
  prometheus: {
    prometheusSpec: {
      scrapeInterval: duration.text(config, config.scrapeInterval),
      evaluationInterval: duration.text(config, config.evaluationInterval),
      ruleSelector: { matchLabels: config.deploy.operatorLabels },
      serviceMonitorSelector: { matchLabels: config.deploy.operatorLabels },
      podMonitorSelector: { matchLabels: config.deploy.operatorLabels },
    },
  },
  alertmanager: {
    alertmanagerSpec: {
      alertmanagerConfigSelector: { matchLabels: config.deploy.operatorLabels },
      // Our alerts speak of the application's namespace, or of none: the operator must not ask for its own.
      alertmanagerConfigMatcherStrategy: { type: 'None' },
    },
  },
  grafana: {
    sidecar: {
      dashboards: {
        enabled: true,
        label: 'grafana_dashboard',
        labelValue: '1',
        searchNamespace: config.deploy.namespace,
        folderAnnotation: 'grafana_folder',
        provider: { allowUiUpdates: false, foldersFromFilesStructure: true },
      },
    },
    additionalDataSources: [{
      name: 'FraiseQL audit',
      uid: 'fraiseql-audit',
      type: 'grafana-postgresql-datasource',
      access: 'proxy',
      url: '$AUDIT_DATABASE_HOST',
      user: '$AUDIT_DATABASE_USER',
      editable: false,
      jsonData: { database: '$AUDIT_DATABASE_NAME', sslmode: config.deploy.auditSslMode, maxOpenConns: 5 },
      secureJsonData: { password: '$AUDIT_DATABASE_PASSWORD' },
    }],
    envValueFrom: {
      AUDIT_DATABASE_HOST: secret('fraiseql-audit-reader', 'host'),
      AUDIT_DATABASE_NAME: secret('fraiseql-audit-reader', 'database'),
      AUDIT_DATABASE_USER: secret('fraiseql-audit-reader', 'user'),
      AUDIT_DATABASE_PASSWORD: secret('fraiseql-audit-reader', 'password'),
    },
  },
}
