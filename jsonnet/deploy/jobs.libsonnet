// What a scraped job must be called so that the selectors of dashboards and rules find it: the name that a selector
// asks for with job="…", or our own name for it where the selector asks for no single one.
local named(selector, default) =
  local parts = [
    std.stripChars(part, ' ')
    for part in std.split(selector, ',')
    if std.startsWith(std.stripChars(part, ' '), 'job="')
  ];
  if parts == [] then default else std.strReplace(parts[0][std.length('job="'):], '"', '');

local selectors = {
  fraiseql: 'fraiseqlSelector',
  postgres: 'postgresSelector',
  node: 'nodeSelector',
  redis: 'redisSelector',
  'fraiseql-observe': 'observeSelector',
};

function(config, job) if job in selectors then named(config[selectors[job]], job) else job
