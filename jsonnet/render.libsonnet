// The entry point of the build: what the mixin hides, made visible.
{
  // The build writes each dashboard out itself, so a ConfigMap only names the one it holds.
  local rendered(overrides) = (import 'mixin.libsonnet') + {
    _config+:: overrides,
    dashboardText(file):: { dashboard: file },
  },

  local parts(mixin) = {
    dashboards: mixin.grafanaDashboards,
    rules: mixin.prometheusRules,
    alerts: mixin.prometheusAlerts,
    leftOut: mixin.leftOut,
  },

  // Dashboards and rules under `overrides`, an object that is added to `_config`.
  // What Prometheus scrapes differs by flavour too.
  variant(overrides)::
    local mixin = rendered(overrides);
    local scrapes = 'bundle/prometheus/prometheus.yml';
    parts(mixin) { deploy: { [scrapes]: mixin.deploy[scrapes] } },

  // The same, and the files that put them to work, by path.
  full(overrides)::
    local mixin = rendered(overrides);
    parts(mixin) { deploy: mixin.deploy },
}
