// Whether the application and what it stands on are there: pool, PostgreSQL, cache, health checks, targets.
local alert = import '../lib/alert.libsonnet';
local duration = import '../lib/duration.libsonnet';

// Every sample in the window is 0: one lost scrape neither fires nor resolves.
local allZero(at, q, metric) = 'max_over_time(' + q.range(metric) + ') == 0';

// Was gone at some moment of the window, for long enough that its own alert would say so.
local wasGone(at, q, metric) =
  alert.lowest(at, 'max_over_time(' + q.range(metric, '', duration.window(at.config, 60)) + ')') + ' == 0';

function(config, signals)
  local instances(q) = q.each([config.instanceLabel]);
  alert.group(config, 'availability', [
    alert.new('DatabaseConnectionPoolExhausted', 'database', "The application's connection pool is nearly used up.") {
      // The lowest of the window: bursts that come and go are what a pool is for.
      // The flavour v2 exports no upper limit of its pool: there, waiting requests tell.
      expression(at):: if config.flavour == 'v2' then null else
        alert.lowest(at, signals.database.poolUtilisation.asRule(instances(at.q))) + ' > ' + at.threshold,
      description(at):: '{{ $value | humanizePercentage }} of the database connections that ' + at.instance + ' may open are in use (threshold ' + at.percent + ').',
      variables(config):: config.groupLabels + [config.instanceLabel],
    },

    alert.new('ConnectionPoolWaiting', 'database', 'Requests keep waiting for a database connection.') {
      expression(at):: alert.lowest(at, signals.database.poolWaiting.asRule(instances(at.q))) + ' > ' + at.threshold,
      description(at):: 'At least {{ $value | humanize }} requests at a time have been waiting for a database connection in ' + at.instance + ' for ' + at.window + '.',
      variables(config):: config.groupLabels + [config.instanceLabel],
    },

    alert.new('ConnectionPoolTimeouts', 'database', 'Requests fail because no database connection becomes free.') {
      expression(at):: if config.flavour == 'v2' then null else at.q.sumIncrease('fraiseql_db_pool_timeouts_total') + ' > ' + at.threshold,
      description(at):: '{{ $value | printf "%.0f" }} requests of ' + at.job + ' gave up waiting for a database connection in the last ' + at.window + '.',
    },

    alert.new('DatabaseDown', 'database', 'PostgreSQL does not answer.') + alert.ofExporter {
      expression(at):: allZero(at, at.q.postgres, 'pg_up'),
      description(at):: 'The exporter ' + at.machine + ' has not reached PostgreSQL for at least ' + at.window + '. FraiseQL answers every operation that needs data with an error, after waiting for its pool.',
    },

    alert.new('CacheConnectionLost', 'cache', 'Redis does not answer.') + alert.ofExporter {
      expression(at):: allZero(at, at.q.redis, 'redis_up'),
      description(at):: 'The exporter ' + at.machine + ' has not reached Redis for at least ' + at.window + '. What the application keeps there (results, tokens, rate limits) is lost or served from PostgreSQL.',
    },

    // Nobody is told of these two. They mute what still shows the fault after it is over: shares over a window, and
    // alerts that stay for a while; else everything that suffered would be told as news once the cause is gone.
    alert.new('DatabaseRecovering', 'database', 'PostgreSQL was gone a moment ago.') + alert.ofExporter {
      expression(at):: wasGone(at, at.q.postgres, 'pg_up'),
      description(at):: 'PostgreSQL behind the exporter ' + at.machine + ' was gone within the last ' + at.window + ' (value {{ $value }}): what suffered from it is not told.',
    },

    alert.new('CacheRecovering', 'cache', 'Redis was gone a moment ago.') + alert.ofExporter {
      expression(at):: wasGone(at, at.q.redis, 'redis_up'),
      description(at):: 'Redis behind the exporter ' + at.machine + ' was gone within the last ' + at.window + ' (value {{ $value }}): what suffered from it is not told.',
    },

    alert.new('CacheErrors', 'cache', 'Cache operations fail.') {
      expression(at):: alert.given(signals.cache.errorRatio, at.q, function(ratio) ratio + ' > ' + at.threshold),
      description(at):: '{{ $value | humanizePercentage }} of the cache operations of ' + at.job + ' failed in the last ' + at.window + ' (threshold ' + at.percent + '). Requests still succeed, but without the cache.',
    },

    alert.new('HealthCheckFailed', 'operations', "A check of the application's own health fails.") {
      expression(at):: if config.flavour == 'v2' then null else allZero(at, at.q, 'fraiseql_health_check_status'),
      description(at):: 'The check "{{ $labels.check }}" of ' + at.instance + ' has failed for at least ' + at.window + '.',
      variables(config):: config.groupLabels + [config.instanceLabel],
    },

    alert.new('InstanceDown', 'operations', 'An instance of the application does not answer Prometheus.') {
      expression(at):: allZero(at, at.q, 'up'),
      description(at):: 'Prometheus could not scrape ' + at.instance + ' for at least ' + at.window + '.',
      variables(config):: config.groupLabels + [config.instanceLabel],
    },

    alert.new('Down', 'operations', 'No instance of the application answers Prometheus.') {
      expression(at):: at.q.aggregate('max', 'max_over_time(' + at.q.range('up') + ')') + ' == 0',
      description(at):: 'Prometheus could not scrape a single instance of ' + at.job + ' for at least ' + at.window + '.',
    },

    alert.new('Absent', 'operations', 'Prometheus does not know the application.') {
      // absent() keeps only the labels that the selector fixes: a cluster that was there before is missed by name instead.
      expression(at)::
        local known = at.q.aggregate('group', 'max_over_time(' + at.q.range('up') + ')');
        local present = at.q.aggregate('group', at.q.series('up'));
        local absent = 'absent(' + at.q.series('up') + ')';
        if config.scopeLabels == [] then absent
        else known + ' unless ' + present + ' or (' + absent + ' unless on () ' + known + ')',
      description(at):: 'No target is left of ' + at.job + ' (nothing matches ' + config.fraiseqlSelector + '): it is gone from service discovery or from the scrape configuration.',
      variables(config):: [],
    },

    alert.new('ExporterDown', 'operations', 'An exporter that panels and alerts need does not answer Prometheus.') + alert.ofExporter {
      expression(at):: std.join(' or ', [allZero(at, q, 'up') for q in [at.q.postgres, at.q.node, at.q.redis]]),
      description(at):: 'Prometheus could not scrape the exporter ' + at.instance + ' for at least ' + at.window + ': alerts that rest on it are blind.',
    },
  ])
