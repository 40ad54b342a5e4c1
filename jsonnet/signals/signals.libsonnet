// Every signal by subject and name: `signals.graphql.errorRatio`.
local query = import '../lib/query.libsonnet';
local signal = import '../lib/signal.libsonnet';

local subjects = {
  audit: import 'audit.libsonnet',
  auditLog: import 'audit_log.libsonnet',
  backend: import 'backend.libsonnet',
  cache: import 'cache.libsonnet',
  database: import 'database.libsonnet',
  errors: import 'errors.libsonnet',
  exporters: import 'exporters.libsonnet',
  graphql: import 'graphql.libsonnet',
  health: import 'health.libsonnet',
  http: import 'http.libsonnet',
  resources: import 'resources.libsonnet',
  security: import 'security.libsonnet',
  slo: import 'slo.libsonnet',
};

function(config)
  local q = query.dashboard(config);
  std.mapWithKey(
    function(subject, declare) std.mapWithKey(
      function(name, data)
        if std.isFunction(data)
        then function(argument) signal(config, q, subject + '.' + name, data(argument))
        else signal(config, q, subject + '.' + name, data),
      declare(config)
    ),
    subjects
  )
