// The six dashboards: each spec drawn for the configuration, under its pinned uid.
{
  local mixin = self,
  local config = mixin._config,
  local library = (import '../lib/dashboard.libsonnet')(config, mixin._catalogue),

  // The SQL questions that panels may show.
  _catalogue:: import '../audit/catalogue.json',

  dashboardSpecs:: {
    operations: import 'operations.libsonnet',
    cache: import 'cache.libsonnet',
    database: import 'database.libsonnet',
    errors: import 'errors.libsonnet',
    users: import 'users.libsonnet',
    compliance: import 'compliance.libsonnet',
  },

  local drawn = [
    library.fromSpec(config.dashboards[name].uid, mixin.dashboardSpecs[name])
    for name in std.objectFields(mixin.dashboardSpecs)
    if config.dashboards[name].enabled
  ],

  grafanaDashboards+:: { [each.dashboard.uid + '.json']: each.dashboard for each in drawn },

  // What the flavour cannot give: [{ dashboard, panel, signal, why }].
  leftOut+:: std.flatMap(function(each) each.leftOut, drawn),
}
