// What is wrong with a configuration, as sentences; an empty list when nothing is.
local alerts = import 'check_alerts.libsonnet';

local oneOf(config, key, allowed) =
  if std.member(allowed, config[key]) then []
  else ['_config.' + key + ': ' + std.manifestJsonMinified(config[key]) + ' is none of ' + std.join(', ', allowed) + '.'];

local selector(config, key) =
  if std.isString(config[key]) && config[key] != '' then []
  else ['_config.' + key + ': give the label matchers that select the series, such as job="fraiseql".'];

local positive(where, value) =
  if std.isNumber(value) && value > 0 then []
  else ['_config.' + where + ': ' + std.manifestJsonMinified(value) + ' is not a number above 0.'];

local switches = ['operations', 'cache', 'database', 'errors', 'users', 'compliance', 'backend'];
local shared = ['refresh', 'from', 'timezone', 'tags', 'links', 'annotations', 'top', 'interval'];

local dashboards(config) = [
  '_config.dashboards.' + key + ': there is no such dashboard or setting; there are ' + std.join(', ', switches + shared) + '.'
  for key in std.objectFields(config.dashboards)
  if !std.member(switches + shared, key)
];

function(config)
  oneOf(config, 'flavour', ['v1', 'v2']) +
  oneOf(config, 'nativeHistograms', ['classic', 'native', 'both']) +
  oneOf(config, 'auditSource', ['postgres', 'infinity']) +
  std.flatMap(function(key) selector(config, key), ['fraiseqlSelector', 'postgresSelector', 'nodeSelector', 'redisSelector', 'observeSelector']) +
  positive('scrapeInterval', config.scrapeInterval) +
  positive('timeScale', config.timeScale) +
  positive('dashboards.refresh', config.dashboards.refresh) +
  positive('dashboards.from', config.dashboards.from) +
  positive('dashboards.interval', config.dashboards.interval) +
  dashboards(config) +
  alerts(config)
