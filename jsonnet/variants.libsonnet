// Renderings that are shipped beside the default one, for those who take files and no Jsonnet: `config` is added to
// `_config`; besides dashboards and rules they hold the `files` that differ.
{
  v2: {
    config: { flavour: 'v2' },
    files: ['bundle/prometheus/prometheus.yml'],
  },
  infinity: {
    config: { auditSource: 'infinity' },
    files: ['provisioning/grafana/datasources/fraiseql.yaml', 'bundle/helm/kube-prometheus-stack-values.yaml'],
  },
}
