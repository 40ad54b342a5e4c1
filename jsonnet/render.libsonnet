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

  // A shipped variant, as variants.libsonnet describes it.
  variant(data)::
    local mixin = rendered(data.config);
    parts(mixin) { deploy: { [path]: mixin.deploy[path] for path in data.files } },

  // Dashboards and rules under `overrides`, an object that is added to `_config`, and the files that put them to work, by path.
  full(overrides)::
    local mixin = rendered(overrides);
    parts(mixin) { deploy: mixin.deploy },
}
