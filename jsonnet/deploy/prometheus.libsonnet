// Prometheus' own configuration; the rules lie in rules/ beside it.
local duration = import '../lib/duration.libsonnet';
local jobName = import 'jobs.libsonnet';

// FraiseQL v2 shows its metrics only to whoever has the token.
local secured(config, job) =
  if job != 'fraiseql' || config.deploy.metricsTokenFile == '' then {}
  else { authorization: { type: 'Bearer', credentials_file: config.deploy.metricsTokenFile } };

function(config) {
  global: {
    scrape_interval: duration.text(config, config.scrapeInterval),
    evaluation_interval: duration.text(config, config.evaluationInterval),
  },
  rule_files: ['rules/*.yaml'],
  alerting: { alertmanagers: [{ static_configs: [{ targets: [config.deploy.alertmanager] }] }] },
  scrape_configs: [
    { job_name: jobName(config, job), static_configs: [{ targets: config.deploy.targets[job] }] } + secured(config, job)
    for job in std.objectFields(config.deploy.targets)
  ],
}
