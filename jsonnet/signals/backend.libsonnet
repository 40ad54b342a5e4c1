// The alert backend, from its own metrics: does it take alerts in, do people hear of them, who watches it.
// Events are few: they are counted over a fixed while, not over the step of a graph.
local duration = import '../lib/duration.libsonnet';

local while = 10 * 60;

function(config)
  local own(query) = { application: false, v1(q):: query(q.observe), v2(q):: query(q.observe) };
  local counted(query) = own(function(q) query(q { window:: duration.window(config, while), change:: 'increase' }));
  local total(query) = own(function(q) query(q.wholeRange));
  local within = ' in ' + duration.window(config, while);
  local arrived = 'outcome="sent"';
  local ended = 'outcome=~"sent|dead|ambiguous"';
  local latency(name, share) = {
    title: 'Time to arrive ' + name,
    description: 'From the change of an incident to its message taken by the destination, retries included.',
    unit: 's',
    legend: name,
  } + counted(function(q) q.quantile(share, 'fraiseql_observe_delivery_latency_seconds'));
  local age(q, metric) = 'time() - (' + q.max(metric) + ' > 0)';
  {
    up: {
      title: 'Backend',
      description: 'Processes of the backend that Prometheus can scrape, as a share of those it knows.',
      unit: 'percentunit',
      legend: 'backend up',
      alert: 'BackendDown',
      mappings: [{ value: 0, text: 'down', colour: 'red' }, { value: 1, text: 'up', colour: 'green' }],
      complete: 1,
    } + own(function(q) q.aggregate('avg', q.series('up'))),
    successShare: {
      title: 'Deliveries that arrived',
      description: 'Deliveries that their destination took, as a share of those that ended.',
      unit: 'percentunit',
      legend: 'arrived',
      limits: { warning: 0.99, critical: 0.9 },
      bad: 'below',
    } + total(function(q) q.share(q.sumIncrease('fraiseql_observe_deliveries_total', [], arrived), q.sumIncrease('fraiseql_observe_deliveries_total', [], ended))),
    deliveries: {
      title: 'Deliveries',
      description: 'Messages that reached their end' + within + ', by outcome: sent were taken by the destination; superseded ones were replaced by a newer state before they left, which is how it should be; ambiguous ones may or may not have arrived; dead ones did not, and wait in the console to be replayed.',
      unit: 'short',
      legend: '{{outcome}}',
      alert: 'DeliveryDead',
      limits: null,
      colours: { sent: 'green', superseded: 'blue', ambiguous: 'orange', dead: 'red' },
    } + counted(function(q) q.sumIncrease('fraiseql_observe_deliveries_total', ['outcome'])),
    byDestination: {
      title: 'Arrived, by kind of destination',
      description: 'Messages taken in the selected range, by kind of destination.',
      unit: 'short',
      legend: '{{notifier}}',
    } + total(function(q) q.sumIncrease('fraiseql_observe_deliveries_total', ['notifier'], arrived)),
    latencyP50: latency('P50', 0.5) { colour: 'green' },
    latencyP95: latency('P95', 0.95) { colour: 'yellow' },
    latencyP99: latency('P99', 0.99) { colour: 'orange' },
    oldestWaiting: {
      title: 'Oldest waiting',
      description: 'How long the oldest delivery that is due has been waiting; 0 when none is.',
      unit: 's',
      legend: 'oldest waiting',
      alert: 'DeliveryQueueStuck',
    } + own(function(q) q.max('fraiseql_observe_delivery_queue_oldest_job_age_seconds')),
    // The replicas share one store and all count the same rows.
    outbox: {
      title: 'Outbox',
      description: 'Deliveries in the store by state: ready ones are due, scheduled ones wait for their next try, running ones are on their way, dead and ambiguous ones wait for a person.',
      unit: 'short',
      legend: '{{state}}',
      colours: { ready: 'blue', scheduled: 'yellow', running: 'green', ambiguous: 'orange', dead: 'red' },
    } + own(function(q) q.max('fraiseql_observe_delivery_queue_jobs', ['state'])),
    deadLetters: {
      title: 'Dead letters',
      description: 'Messages that nobody got, waiting to be replayed.',
      unit: 'short',
      legend: 'dead letters',
      limits: { critical: 1 },
    } + own(function(q) q.max('fraiseql_observe_delivery_queue_jobs', [], 'state="dead"')),
    failedTries: {
      title: 'Failed tries by reason',
      description: 'Tries to send that failed in the selected range, by reason: unauthorized and invalid ones want a new setting, rate limits and time-outs mend themselves unless they last. The console shows what the destination answered.',
      unit: 'short',
      legend: '{{reason}}',
      alert: 'DeliveryFailing',
      limits: null,
    } + own(function(q) q.top(std.min(config.dashboards.top, 8), q.wholeRange.sumIncrease('fraiseql_observe_delivery_attempts_total', ['reason'], 'outcome!="sent"'))),
    failingShare: {
      title: 'Failing tries',
      description: 'Tries to send that failed, as a share of all, by kind of destination.',
      unit: 'percentunit',
      legend: '{{notifier}}',
      alert: 'DeliveryFailing',
    } + own(function(q) q.share(
      q.sumIncrease('fraiseql_observe_delivery_attempts_total', ['notifier'], 'outcome!="sent"'),
      q.sumIncrease('fraiseql_observe_delivery_attempts_total', ['notifier'])
    )),
    breaker: {
      title: 'Destinations left alone',
      description: 'Destinations that failed so often that the backend waits before it asks them again. Nothing is lost meanwhile: deliveries wait in the outbox. Look at the reasons of the failed tries, then at the service itself.',
      unit: 'short',
      legend: '{{notifier}}',
      alert: 'DestinationBreakerOpen',
      mappings: [{ value: 0, text: 'in use', colour: 'green' }, { value: 1, text: 'left alone', colour: 'red' }],
      complete: 1,
    } + own(function(q) q.max('fraiseql_observe_destination_breaker_open', ['notifier'])),
    webhooks: {
      title: 'Webhooks',
      description: 'Alert webhooks' + within + ', by what became of them: accepted ones are in the store; rejected ones had the wrong token or no alerts in them: look at who sends them; errors are answered 503, so that Alertmanager tries again.',
      unit: 'short',
      legend: '{{outcome}}',
      alert: 'IntakeFailing',
      limits: null,
      colours: { accepted: 'green', duplicate: 'blue', rejected: 'orange', 'error': 'red' },
    } + counted(function(q) q.sumIncrease('fraiseql_observe_webhook_requests_total', ['outcome'])),
    inboxAge: {
      title: 'Oldest in the inbox',
      description: 'Age of the oldest accepted webhook that is not yet an incident; 0 when there is none.',
      unit: 's',
      legend: 'oldest webhook',
      alert: 'InboxStuck',
      colour: 'orange',
    } + own(function(q) q.max('fraiseql_observe_inbox_oldest_age_seconds')),
    inboxSize: {
      title: 'Inbox',
      description: 'Accepted webhooks that are not yet worked into incidents.',
      unit: 'short',
      legend: 'webhooks waiting',
      colour: 'text',
    } + own(function(q) q.max('fraiseql_observe_inbox_webhooks')),
    incidents: {
      title: 'Incidents',
      description: 'Incidents by state, the lately resolved ones among them. Firing ones without an acknowledgement are waiting for a person: see who is on call and whether the messages arrived.',
      unit: 'short',
      legend: '{{state}}',
      colours: { firing: 'red', acknowledged: 'orange', resolved: 'green' },
    } + own(function(q) q.max('fraiseql_observe_incidents', ['state'])),
    timeToAcknowledge: {
      title: 'MTTA',
      description: 'Mean time from the opening of an incident to its acknowledgement.',
      unit: 's',
      legend: 'to acknowledge',
    } + total(function(q) q.average('fraiseql_observe_incident_time_to_acknowledge_seconds')),
    timeToResolve: {
      title: 'MTTR',
      description: 'Mean time from the opening of an incident to its resolution.',
      unit: 's',
      legend: 'to resolve',
    } + total(function(q) q.average('fraiseql_observe_incident_time_to_resolve_seconds')),
    escalations: {
      title: 'Escalations',
      description: 'Steps of escalation policies taken' + within + '.',
      unit: 'short',
      legend: 'steps taken',
      colour: 'blue',
    } + counted(function(q) q.orZero(q.sumIncrease('fraiseql_observe_escalations_total'), q.max('fraiseql_observe_escalations_overdue'))),
    escalationsOverdue: {
      title: 'Overdue steps',
      description: 'Steps that should have been taken already.',
      unit: 'short',
      legend: 'steps overdue',
      alert: 'EscalationsOverdue',
      colour: 'red',
    } + own(function(q) q.max('fraiseql_observe_escalations_overdue')),
    watchdogAge: {
      title: 'Watchdog alert',
      description: "Time since the dead man's switch alert last came in.",
      unit: 's',
      legend: 'watchdog came in',
      alert: 'WatchdogMissing',
    } + own(function(q) age(q, 'fraiseql_observe_watchdog_last_seen_timestamp_seconds')),
    heartbeatAge: {
      title: 'Heartbeat',
      description: 'Time since the outside watchdog last took our heartbeat.',
      unit: 's',
      legend: 'heartbeat went out',
      alert: 'HeartbeatMissing',
    } + own(function(q) age(q, 'fraiseql_observe_heartbeat_last_success_timestamp_seconds')),
    settings: {
      title: 'Settings',
      description: 'Whether the settings could be read when they were last read.',
      unit: 'short',
      legend: 'settings',
      alert: 'ConfigReloadFailed',
      mappings: [{ value: 0, text: 'not read', colour: 'red' }, { value: 1, text: 'read', colour: 'green' }],
      complete: 1,
    } + own(function(q) q.min('fraiseql_observe_config_last_reload_successful')),
    loops: {
      title: 'Failing loops',
      description: 'How often in a row a loop of the backend has failed, the worst of them; 0 while all work.',
      unit: 'short',
      legend: 'failures in a row',
      alert: 'BackendLoopFailing',
      limits: { warning: 1 },
    } + own(function(q) q.max('fraiseql_observe_loop_failures')),
    memory: {
      title: 'Memory',
      description: 'Memory of each process of the backend.',
      unit: 'bytes',
      legend: 'memory, {{' + config.instanceLabel + '}}',
      colour: 'blue',
    } + own(function(q) q.sum('process_resident_memory_bytes', [config.instanceLabel])),
    cpu: {
      title: 'CPU',
      description: 'Cores that each process of the backend uses.',
      unit: 'percentunit',
      legend: 'of a core, {{' + config.instanceLabel + '}}',
      colour: 'orange',
    } + own(function(q) q.sumRate('process_cpu_seconds_total', [config.instanceLabel])),
  }
