// Files that put the mixin to work, by their path in the rendered output; the build writes them as YAML.
{
  // A dashboard as the text that a ConfigMap holds.
  dashboardText(file):: std.manifestJsonMinified($.grafanaDashboards[file]),

  deploy+::
    local config = $._config;
    {
      'bundle/prometheus/prometheus.yml': (import 'prometheus.libsonnet')(config),
      'bundle/alertmanager/alertmanager.yml': (import 'alertmanager.libsonnet').file(config),
      'bundle/helm/kube-prometheus-stack-values.yaml': (import 'helm.libsonnet')(config),
    } +
    (import 'grafana.libsonnet')(config) +
    (import 'kubernetes.libsonnet')(config, $),
}
