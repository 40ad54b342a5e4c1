// Values for the chart kube-prometheus-stack, so that its operator, Grafana and side-car take what we render.
local audit = import '../lib/audit_datasource.libsonnet';
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
    additionalDataSources: [audit(config).dataSource],
    envValueFrom: {
      [each.variable]: secret(each.secret, each.key)
      for each in audit(config).environment
    },
  },
}
