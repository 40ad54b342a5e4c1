// Whether alerts reach people: the backend that delivers them, from its own metrics. Such an alert may not get through
// the backend it is about: deploy.fallback names a receiver of Alertmanager's own for them.
local alert = import '../lib/alert.libsonnet';

// How long ago the latest of all processes did it; nothing where none ever did.
local sinceLast(at, metric) =
  'time() - max_over_time((' + at.q.observe.max(metric) + ' > 0)[' + at.window + ':' + alert.step(at) + '])';

function(config, signals)
  local one(name, summary) = alert.new(name, 'backend', summary) + alert.ofExporter;
  alert.group(config, 'backend', [
    one('BackendDown', 'No process of the alert backend answers Prometheus.') {
      expression(at):: at.q.observe.aggregate('max', 'max_over_time(' + at.q.observe.range('up') + ')') + ' == 0',
      description(at):: 'Prometheus could not scrape a single process of ' + at.job + ' for at least ' + at.window + '. Alertmanager keeps what it cannot hand over and tries again; until then nobody hears of an alert.',
    },

    // Only what was there before is missed: who runs without the backend hears nothing.
    one('BackendAbsent', 'Prometheus no longer knows the alert backend.') {
      expression(at)::
        at.q.observe.aggregate('group', 'max_over_time(' + at.q.observe.range('up') + ')') +
        ' unless ' + at.q.observe.aggregate('group', at.q.observe.series('up')),
      description(at):: 'Prometheus scraped ' + at.job + ' within the last ' + at.window + ' and has no such target now: it is gone from service discovery or from the scrape configuration.',
    },

    one('IntakeFailing', 'The alert backend cannot store the alerts that come in.') {
      expression(at):: at.q.observe.sumIncrease('fraiseql_observe_webhook_requests_total', [], 'outcome="error"') + ' > ' + at.threshold,
      description(at):: at.job + ' answered {{ $value | printf "%.0f" }} alert webhooks of the last ' + at.window + ' with 503, because it could not store them. Alertmanager tries again.',
    },

    one('InboxStuck', 'Alerts are stored but not worked into incidents.') {
      expression(at):: alert.highest(at, signals.backend.inboxAge.asRule(at.q)) + ' > ' + at.threshold,
      description(at):: 'The oldest alert webhook that ' + at.job + ' has stored but not worked on is {{ $value | humanizeDuration }} old (threshold ' + at.threshold + 's).',
    },

    one('DeliveryFailing', 'Messages about alerts fail to reach a destination.') {
      expression(at):: signals.backend.failingShare.asRule(at.q) + ' > ' + at.threshold,
      description(at):: '{{ $value | humanizePercentage }} of the tries of ' + at.job + ' to send to {{ $labels.notifier }} failed in the last ' + at.window + ' (threshold ' + at.percent + '). The backend tries again.',
    },

    one('DeliveryDead', 'A message about an alert was given up.') {
      expression(at):: at.q.observe.sumIncrease('fraiseql_observe_deliveries_total', ['notifier'], 'outcome="dead"') + ' > ' + at.threshold,
      description(at):: at.job + ' gave up {{ $value | printf "%.0f" }} messages to {{ $labels.notifier }} in the last ' + at.window + '. They wait among the dead letters.',
    },

    one('DeliveryQueueStuck', 'Messages about alerts wait too long to be sent.') {
      expression(at):: alert.highest(at, signals.backend.oldestWaiting.asRule(at.q)) + ' > ' + at.threshold,
      description(at):: 'The oldest message that ' + at.job + ' should have sent already has been waiting for {{ $value | humanizeDuration }} (threshold ' + at.threshold + 's).',
    },

    one('DestinationBreakerOpen', 'A destination failed so often that it is left alone.') {
      expression(at):: alert.lowest(at, signals.backend.breaker.asRule(at.q)) + ' > 0',
      description(at):: at.job + ' has left {{ $labels.notifier }} alone for at least ' + at.window + ', because it kept failing. Messages wait in the outbox.',
    },

    one('EscalationsOverdue', 'Steps of escalation policies are not taken in time.') {
      expression(at):: alert.lowest(at, signals.backend.escalationsOverdue.asRule(at.q)) + ' > ' + at.threshold,
      description(at):: '{{ $value | printf "%.0f" }} steps of ' + at.job + ' should have been taken already: somebody who should have been called was not.',
    },

    one('WatchdogMissing', "The dead man's switch alert no longer comes in.") {
      expression(at):: sinceLast(at, 'fraiseql_observe_watchdog_last_seen_timestamp_seconds') + ' > ' + at.threshold,
      description(at):: 'FraiseQLWatchdog, which always fires, last reached ' + at.job + ' {{ $value | humanizeDuration }} ago (threshold ' + at.threshold + 's): other alerts do not reach it either.',
    },

    one('HeartbeatMissing', "The backend's heartbeat does not go out.") {
      expression(at):: sinceLast(at, 'fraiseql_observe_heartbeat_last_success_timestamp_seconds') + ' > ' + at.threshold,
      description(at):: 'The outside watchdog last took a heartbeat of ' + at.job + ' {{ $value | humanizeDuration }} ago (threshold ' + at.threshold + 's). It goes out only while all parts of the backend are healthy.',
    },

    one('BackendLoopFailing', 'A part of the alert backend fails again and again.') {
      expression(at):: 'min_over_time(' + at.q.observe.range('fraiseql_observe_loop_failures') + ') > ' + at.threshold,
      description(at):: 'The {{ $labels.loop }} of ' + at.instance + ' has failed at every turn of the last ' + at.window + ' (at least {{ $value | printf "%.0f" }} times in a row).',
    },

    one('ConfigReloadFailed', 'The alert backend refuses its changed settings.') {
      expression(at):: 'max_over_time(' + at.q.observe.range('fraiseql_observe_config_last_reload_successful') + ') == 0',
      description(at):: at.instance + ' could not read its settings and goes on with those from before.',
    },
  ])
