// The mixin: import this file, override `_config+::`, take the hidden roots `grafanaDashboards`,
// `prometheusAlerts` and `prometheusRules`.
(import 'config.libsonnet') +
(import 'dashboards/dashboards.libsonnet') +
(import 'alerts/alerts.libsonnet') +
(import 'rules/rules.libsonnet') +
(import 'deploy/deploy.libsonnet')
