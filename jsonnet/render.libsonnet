// The entry point of the build: what the mixin hides, made visible.
{
  local rendered(overrides) = (import 'mixin.libsonnet') + { _config+:: overrides },

  // Dashboards and rules under `overrides`, an object that is added to `_config`.
  variant(overrides)::
    local mixin = rendered(overrides);
    {
      dashboards: mixin.grafanaDashboards,
      rules: mixin.prometheusRules,
      alerts: mixin.prometheusAlerts,
      leftOut: mixin.leftOut,
    },

  // The same, and the files that put them to work, by path.
  full(overrides):: self.variant(overrides) { deploy: std.get(rendered(overrides), 'deploy', {}) },
}
