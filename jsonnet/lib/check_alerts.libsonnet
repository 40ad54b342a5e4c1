// What is wrong with the alerts' and the objectives' part of a configuration, as sentences.
local shipped = import '../alerts/settings.libsonnet';

local text = std.manifestJsonMinified;
local names(object) = std.join(', ', std.objectFields(object));
local when(wrong, sentence) = if wrong then [sentence] else [];
local isNumber(value, least) = std.isNumber(value) && value >= least;

local severities = ['critical', 'warning', 'info', 'none'];
local optional = ['for', 'keepFiringFor'];

// A threshold that ships as a share stays one: 5 for "5 %" would never fire.
local threshold(where, usual, value) =
  if value == null then []
  else if !isNumber(value, 0) then [where + ': ' + text(value) + ' is not a number of at least 0.']
  else when(usual > 0 && usual < 1 && value > 1, where + ': ' + text(value) + ' is not a share; write ' + text(value / 100) + ' for ' + text(value) + ' %.');

local thresholds(where, usual, given) =
  local some = std.objectValues(usual)[0];
  if !std.isObject(given) then [where + ': give one number for each severity, such as { warning: ' + text(some) + ' }.']
  else std.flattenArrays([
    if std.member(severities, severity) then threshold(where + '.' + severity, some, given[severity])
    else [where + '.' + severity + ': there is no such severity; there are ' + std.join(', ', severities) + '.']
    for severity in std.objectFields(given)
  ]);

// A critical threshold lies beyond the warning, on the side that it ships on.
local order(where, usual, given) =
  local both(object) = std.isObject(object) && std.all([std.isNumber(std.get(object, severity)) for severity in ['warning', 'critical']]);
  when(
    both(usual) && both(given) && (usual.critical > usual.warning) != (given.critical > given.warning),
    where + ': critical (' + text(given.critical) + ') must be ' + (if usual.critical > usual.warning then 'above' else 'below') + ' warning (' + text(given.warning) + ').'
  );

local setting(where, usual, key, value) =
  if key == 'enabled' then when(!std.isBoolean(value), where + ': ' + text(value) + ' is neither true nor false.')
  else if key == 'severity' then when(!std.member(severities, value), where + ': ' + text(value) + ' is none of ' + std.join(', ', severities) + '.')
  else if key == 'thresholds' then thresholds(where, usual.thresholds, value) + order(where, usual.thresholds, value)
  else if std.member(optional, key) then when(value != null && !isNumber(value, 0), where + ': ' + text(value) + ' is not a number of seconds.')
  else when(!isNumber(value, 0) || value == 0, where + ': ' + text(value) + ' is not a number above 0.');

local alert(name, given) =
  local where = '_config.alerts.' + name;
  if !std.objectHas(shipped, name) then [where + ': there is no such alert; there are ' + names(shipped) + '.']
  else if !std.isObject(given) then [where + ': give an object, such as { enabled: false }.']
  else std.flattenArrays([
    if std.objectHas(shipped[name], key) || std.member(optional, key)
    then setting(where + '.' + key, shipped[name], key, given[key])
    else [where + '.' + key + ': there is no such setting; there are ' + names(shipped[name]) + '.']
    for key in std.objectFields(given)
  ]);

local objective(where, value) =
  when(!isNumber(value, 0) || value <= 0 || value >= 1, where + ': ' + text(value) + ' is not a share between 0 and 1, such as 0.999.');

local window(where, given) =
  local keys = ['severity', 'long', 'short', 'factor', 'for'];
  local missing = [key for key in keys if !std.objectHas(given, key)];
  if missing != [] then [where + ': ' + std.join(', ', missing) + ' missing.']
  else when(!std.member(severities, given.severity), where + '.severity: ' + text(given.severity) + ' is none of ' + std.join(', ', severities) + '.') +
       when(!isNumber(given.short, 1) || !isNumber(given.long, 1) || given.short >= given.long, where + ': the short window must be shorter than the long one, both in seconds.') +
       when(!isNumber(given.factor, 0) || given.factor == 0, where + '.factor: ' + text(given.factor) + ' is not a number above 0.');

local slo(given) =
  objective('_config.slo.availability.objective', given.availability.objective) +
  objective('_config.slo.latency.objective', given.latency.objective) +
  when(!isNumber(given.latency.threshold, 0) || given.latency.threshold == 0, '_config.slo.latency.threshold: ' + text(given.latency.threshold) + ' is not a number of seconds above 0.') +
  when(!isNumber(given.period, 1), '_config.slo.period: ' + text(given.period) + ' is not a number of seconds.') +
  std.flattenArrays(std.mapWithIndex(function(index, each) window('_config.slo.windows[' + index + ']', each), given.windows));

function(config)
  std.flattenArrays([alert(name, config.alerts[name]) for name in std.objectFields(config.alerts)]) +
  slo(config.slo) +
  when(!isNumber(config.evaluationInterval, 0) || config.evaluationInterval == 0, '_config.evaluationInterval: ' + text(config.evaluationInterval) + ' is not a number of seconds above 0.') +
  when(!isNumber(config.minimumTraffic, 0), '_config.minimumTraffic: ' + text(config.minimumTraffic) + ' is not a number of at least 0.') +
  when(std.length(std.findSubstr('%s', config.runbookUrlPattern)) == 0, '_config.runbookUrlPattern: has no %s for the name of the alert.')
