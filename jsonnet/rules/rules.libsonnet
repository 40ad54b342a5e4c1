// Recording rules, one file a subject.
local signals = import '../signals/signals.libsonnet';
local graphql = import 'graphql.libsonnet';
local slo = import 'slo.libsonnet';

{
  prometheusRules+:: {
    local config = $._config,
    groups+: [subject.group(config, signals(config)) for subject in [graphql, slo]],
  },
}
