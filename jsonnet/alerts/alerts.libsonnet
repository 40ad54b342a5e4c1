// Alerting rules, one file a subject; a group whose alerts are all off or impossible disappears.
local signals = import '../signals/signals.libsonnet';

local subjects = [
  import 'performance.libsonnet',
  import 'availability.libsonnet',
  import 'security.libsonnet',
  import 'compliance.libsonnet',
  import 'resources.libsonnet',
  import 'slo.libsonnet',
  import 'instrument.libsonnet',
  import 'backend.libsonnet',
  import 'audit_log.libsonnet',
];

{
  prometheusAlerts+:: {
    local config = $._config,
    local groups = [subject(config, signals(config)) for subject in subjects],
    groups+: [group for group in groups if group.rules != []],
  },
}
