// What the audit log itself says, read by the alert backend with SQL: for applications whose instrument does not say it, and
// as a second witness for those whose instrument does (deploy/alertmanager.libsonnet then mutes this one).
local alert = import '../lib/alert.libsonnet';
local duration = import '../lib/duration.libsonnet';
local number = import '../lib/number.libsonnet';
local query = import '../lib/query.libsonnet';

local grown(q, metric, where='') = q.observe.sharedIncrease('fraiseql_observe_audit_' + metric + '_total', ['source', 'outcome'], where);

function(config, signals)
  local one(name, summary) = alert.new(name, 'backend', summary) + alert.ofExporter;
  alert.group(config, 'audit-log', [
    one('AuditDatabaseUnread', 'The alert backend cannot read the audit database.') {
      expression(at):: alert.highest(at, signals.auditLog.up.asRule(at.q)) + ' == 0',
      description(at):: 'No process of ' + at.job + ' could read the audit database for at least ' + at.window + ': what only the audit log knows raises no alert until it can.',
    },

    // Where nobody ever maintained it there is no such time; that is long ago too.
    one('AuditMaintenanceMissing', 'Nobody maintains the audit log.') {
      expression(at)::
        local q = at.q.observe;
        local last = alert.highest(at, q.max('fraiseql_observe_audit_maintained_timestamp_seconds'));
        'time() - ' + last + ' > ' + at.threshold + ' or (' + q.max('fraiseql_observe_audit_up') + ' == 1 unless ' + last + ')',
      description(at):: 'The audit log of ' + at.job + ' had no turn of its maintenance for over ' + at.threshold + 's, or never: roll-ups and counters stand still, and partitions run out.',
    },

    one('AuditRollUpLag', 'The roll-ups of the audit log fall behind.') {
      expression(at):: alert.lowest(at, signals.auditLog.rollUpLag.asRule(at.q)) + ' > ' + at.threshold,
      description(at):: 'The oldest row that the roll-ups of the audit log of ' + at.job + ' do not know yet is {{ $value | humanizeDuration }} old (threshold ' + at.threshold + 's).',
    },

    one('AuditRowsLate', 'Audit rows are written late.') {
      expression(at):: alert.highest(at, signals.auditLog.rowLag.asRule(at.q)) + ' > ' + at.threshold,
      description(at):: 'The slowest of the newest rows in the audit log of ' + at.job + ' was written {{ $value | humanizeDuration }} after its operation (threshold ' + at.threshold + 's).',
    },

    one('AuditFailedLogins', 'The audit log shows many failed log-ins.') {
      expression(at):: grown(at.q, 'failed_logins') + ' > ' + at.threshold,
      description(at):: 'The audit log of ' + at.job + ' shows {{ $value | printf "%.0f" }} failed log-ins in the last ' + at.window + ' (threshold ' + at.threshold + ').',
    },

    one('AuditDeniedAccess', 'The audit log shows far more denied access than usual.') {
      // As a share of the rows, so that neither more traffic nor a short history looks like a spike.
      expression(at)::
        local long = query.rule(config, at.settings.baseline);
        local perRow(q) = grown(q, 'denied') + ' / (' + grown(q, 'events') + ' > 0)';
        grown(at.q, 'denied') + ' > ' + at.threshold + ' and ' + perRow(at.q) + ' > ' + number(at.settings.factor) + ' * ' + perRow(long),
      description(at):: 'The audit log of ' + at.job + ' shows {{ $value | printf "%.0f" }} denied operations in the last ' + at.window + ': more than ' + at.threshold +
                        ', and more than ' + number(at.settings.factor) + ' times the share that is usual there.',
    },

    one('AuditAdminActionsFailing', 'Many admin actions fail or are denied.') {
      expression(at):: grown(at.q, 'admin_actions', 'outcome=~"failure|denied"') + ' > ' + at.threshold,
      description(at):: '{{ $value | printf "%.0f" }} admin actions in the audit log of ' + at.job + ' failed or were denied in the last ' + at.window + ' (threshold ' + at.threshold + ').',
    },

    one('AuditPermissionChanges', 'Unusually many roles and permissions change.') {
      expression(at):: grown(at.q, 'permission_changes', 'outcome="success"') + ' > ' + at.threshold,
      description(at):: '{{ $value | printf "%.0f" }} roles or permissions in the audit log of ' + at.job + ' were given or taken in the last ' + at.window + ' (threshold ' + at.threshold + ').',
    },

    one('AuditStrayRows', 'Audit rows lie outside all partitions.') {
      expression(at):: alert.lowest(at, signals.auditLog.strayRows.asRule(at.q)) + ' > ' + at.threshold,
      description(at):: 'At least {{ $value | printf "%.0f" }} rows in the audit log of ' + at.job + ' have no partition of their own: partitions were not made in time.',
    },

    one('AuditDatabaseGrowth', 'The audit database grows fast.') {
      // What was measured a day ago, not a trend: a new Prometheus stays quiet for a day instead of guessing.
      expression(at)::
        local seen(ago) = alert.highest(at, signals.auditLog.databaseSize.asRule(at.q), duration.window(config, 60), ago);
        local before = seen(' offset ' + at.window);
        '(' + seen('') + ' - ' + before + ') / ' + before + ' > ' + at.threshold + ' and ' + seen('') + ' > ' + number(at.settings.minimumBytes),
      description(at):: 'The audit database {{ $labels.datname }} (' + at.job + ') grew by {{ $value | humanizePercentage }} in the last ' + at.window + ' (threshold ' + at.percent + ').',
    },

    one('AuditChainBroken', 'The audit log was changed after it was written.') {
      expression(at):: alert.highest(at, at.q.observe.max('fraiseql_observe_audit_chain_breaks', ['source', 'kind'])) + ' > ' + at.threshold,
      description(at):: 'The hash chain of {{ $labels.source }} ({{ $labels.kind }}) has {{ $value | printf "%.0f" }} breaks, as ' + at.job + ' verified it.',
    },

    one('AuditChainUnverified', 'The hash chain of the audit log is no longer verified.') {
      expression(at)::
        'time() - ' + alert.highest(at, at.q.observe.max('fraiseql_observe_audit_chain_verified_timestamp_seconds', ['source']) + ' > 0') + ' > ' + at.threshold,
      description(at):: at.job + ' last reached the end of the hash chain of {{ $labels.source }} {{ $value | humanizeDuration }} ago (threshold ' + at.threshold + 's).',
    },
  ])
