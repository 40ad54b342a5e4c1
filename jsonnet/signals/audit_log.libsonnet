// The audit log as SQL sees it, read by the alert backend: for applications without the instrument, and beside it.
// Every replica shows the same numbers of one database, so none is added up over replicas.
local duration = import '../lib/duration.libsonnet';

local while = 10 * 60;

function(config)
  local own(query) = { application: false, v1(q):: query(q.observe), v2(q):: query(q.observe) };
  local counted(query) = own(function(q) query(q { window:: duration.window(config, while), change:: 'increase' }));
  local within = ' in ' + duration.window(config, while);
  local grown(metric, where='') = counted(function(q) q.sharedIncrease(metric, ['source', 'outcome'], where));
  local failing = 'outcome=~"failure|denied"';
  local age(q, metric) = 'time() - (' + q.max(metric) + ' > 0)';
  local latency(name, share) = {
    title: 'Time to answer ' + name,
    description: 'From a question to the audit log to its answer, from the database or from the cache.',
    unit: 's',
    legend: name,
  } + counted(function(q) q.quantile(share, 'fraiseql_observe_audit_query_duration_seconds'));
  {
    questions: {
      title: 'Questions',
      description: 'Questions to the audit log' + within + ', by what became of them: answered ones went to the database, cached ones did not; refused ones asked what their token or the catalogue does not allow: see who asks in the access log; unavailable, busy and timeout ones say that the database is too slow for its viewers.',
      unit: 'short',
      legend: '{{outcome}}',
      colours: { answered: 'green', cached: 'blue', refused: 'orange', busy: 'yellow', cancelled: 'text', unavailable: 'red', timeout: 'purple', failed: 'dark-red' },
    } + counted(function(q) q.sumIncrease('fraiseql_observe_audit_queries_total', ['outcome'])),
    latencyP50: latency('P50', 0.5) { colour: 'green' },
    latencyP95: latency('P95', 0.95) { colour: 'yellow' },
    latencyP99: latency('P99', 0.99) { colour: 'orange' },
    up: {
      title: 'Audit database',
      description: 'Whether the backend could read the audit database of late. While it cannot, none of the numbers from SQL are shown.',
      unit: 'short',
      legend: 'audit database',
      alert: 'AuditDatabaseUnread',
      mappings: [{ value: 0, text: 'not read', colour: 'red' }, { value: 1, text: 'read', colour: 'green' }],
      complete: 1,
    } + own(function(q) q.max('fraiseql_observe_audit_up')),
    rowLag: {
      title: 'Lag of the newest rows',
      description: 'The longest time from an operation to its row among the newest 100 rows.',
      unit: 's',
      legend: 'newest rows',
      alert: 'AuditRowsLate',
    } + own(function(q) q.max('fraiseql_observe_audit_row_lag_seconds')),
    rollUpLag: {
      title: 'Roll-up lag',
      description: 'Age of the oldest row that the roll-ups and the counters do not know yet; 0 when there is none.',
      unit: 's',
      legend: 'roll-ups',
      alert: 'AuditRollUpLag',
      colour: 'blue',
    } + own(function(q) q.max('fraiseql_observe_audit_roll_up_lag_seconds')),
    maintainedAge: {
      title: 'Maintenance',
      description: 'Time since the last turn of the maintenance of the audit log.',
      unit: 's',
      legend: 'maintained',
      alert: 'AuditMaintenanceMissing',
    } + own(function(q) age(q, 'fraiseql_observe_audit_maintained_timestamp_seconds')),
    strayRows: {
      title: 'Stray rows',
      description: 'Rows of a time for which there is no partition, counted to 1000.',
      unit: 'short',
      legend: 'stray rows',
      alert: 'AuditStrayRows',
      limits: { warning: 1 },
    } + own(function(q) q.max('fraiseql_observe_audit_stray_rows')),
    failedLogins: {
      title: 'Failed log-ins',
      description: 'Rows of the audit logs' + within + ' about somebody who could not prove who he is.',
      unit: 'short',
      legend: 'failed log-ins',
      alert: 'AuditFailedLogins',
      limits: null,
      colour: 'orange',
    } + grown('fraiseql_observe_audit_failed_logins_total'),
    denied: {
      title: 'Denied access',
      description: 'Rows of the audit logs' + within + ' about an operation that was denied to somebody who is known.',
      unit: 'short',
      legend: 'denied access',
      alert: 'AuditDeniedAccess',
      limits: null,
      colour: 'red',
    } + grown('fraiseql_observe_audit_denied_total'),
    events: {
      title: 'Audit rows',
      description: 'Rows of the audit logs' + within + '.',
      unit: 'short',
      legend: 'rows',
      colour: 'text',
    } + grown('fraiseql_observe_audit_events_total'),
    adminActions: {
      title: 'Admin actions',
      description: 'What administrators did, or tried,' + within + '; changes of permissions are among them.',
      unit: 'short',
      legend: 'admin actions',
      colour: 'blue',
    } + grown('fraiseql_observe_audit_admin_actions_total'),
    adminFailures: {
      title: 'Failed admin actions',
      description: 'What administrators tried' + within + ' and what failed or was denied.',
      unit: 'short',
      legend: 'of them failed',
      alert: 'AuditAdminActionsFailing',
      limits: null,
      colour: 'red',
    } + grown('fraiseql_observe_audit_admin_actions_total', failing),
    permissionChanges: {
      title: 'Permission changes',
      description: 'Roles and permissions that were given or taken' + within + '.',
      unit: 'short',
      legend: 'permission changes',
      alert: 'AuditPermissionChanges',
      limits: null,
      colour: 'orange',
    } + grown('fraiseql_observe_audit_permission_changes_total', 'outcome="success"'),
    databaseSize: {
      title: 'Size of the audit database',
      description: 'Size of the whole database that holds the audit log, on disk.',
      unit: 'bytes',
      legend: 'database {{datname}}',
      alert: 'AuditDatabaseGrowth',
      limits: null,
      colour: 'blue',
    } + own(function(q) q.max('fraiseql_observe_database_size_bytes', ['datname'])),
    logSize: {
      title: 'Size of the audit log',
      description: 'Size of the audit log with its roll-ups and indexes, on disk.',
      unit: 'bytes',
      legend: 'audit log',
      colour: 'orange',
    } + own(function(q) q.max('fraiseql_observe_audit_log_size_bytes')),
    // The replicas share one store and all show its number.
    chainBreaks: {
      title: 'Breaks of the hash chain',
      description: "Rows of FraiseQL's hash-chained audit log that were changed, removed, inserted or moved after they were written, and that nobody has accepted.",
      unit: 'short',
      legend: 'breaks',
      alert: 'AuditChainBroken',
      limits: { critical: 1 },
    } + own(function(q) q.aggregate('sum', q.max('fraiseql_observe_audit_chain_breaks', ['source', 'kind']))),
    chainVerifiedAge: {
      title: 'Hash chain verified',
      description: 'Time since the end of the hash chain was last reached.',
      unit: 's',
      legend: 'verified',
      alert: 'AuditChainUnverified',
    } + own(function(q) 'time() - ' + q.aggregate('min', q.max('fraiseql_observe_audit_chain_verified_timestamp_seconds', ['source']) + ' > 0')),
    chainRows: {
      title: 'Rows verified',
      description: 'Rows of the hash chain that were verified' + within + ', for the first time or again.',
      unit: 'short',
      legend: 'rows, {{reading}}',
      colours: { 'rows, new': 'green', 'rows, again': 'blue' },
    } + counted(function(q) q.sumIncrease('fraiseql_observe_audit_chain_rows_total', ['reading'])),
    chainFailures: {
      title: 'Turns that failed',
      description: 'Turns of the verification' + within + ' that could not be made.',
      unit: 'short',
      legend: 'failed turns',
      colour: 'red',
    } + counted(function(q) q.sumIncrease('fraiseql_observe_audit_chain_failures_total')),
  }
