// The six dashboards of the application and the one of the alert backend: each spec drawn for the configuration, under its pinned uid.
{
  // The SQL questions that panels may show.
  _catalogue:: import '../audit/catalogue.json',

  dashboardSpecs:: {
    operations: import 'operations.libsonnet',
    cache: import 'cache.libsonnet',
    database: import 'database.libsonnet',
    errors: import 'errors.libsonnet',
    users: import 'users.libsonnet',
    compliance: import 'compliance.libsonnet',
    backend: import 'backend.libsonnet',
  },

  // A field, not a local: Jsonnet evaluates an object's locals anew for every field that asks them.
  drawnDashboards::
    local config = $._config;
    local library = (import '../lib/dashboard.libsonnet')(config, $._catalogue);
    [
      library.fromSpec(config.dashboards[name].uid, $.dashboardSpecs[name])
      for name in std.objectFields($.dashboardSpecs)
      if config.dashboards[name].enabled
    ],

  // A dashboard of which the flavour can give nothing is not drawn empty.
  grafanaDashboards+:: {
    [each.dashboard.uid + '.json']: each.dashboard
    for each in $.drawnDashboards
    if each.dashboard.panels != []
  },

  // What the flavour cannot give: [{ dashboard, panel, signal, why }].
  leftOut+:: std.flatMap(function(each) each.leftOut, $.drawnDashboards),
}
