// Whether the audit trail is complete and up to date.
local alert = import '../lib/alert.libsonnet';

function(config, signals) alert.group(config, 'compliance', [
  alert.new('AuditLogLag', 'compliance', 'Audit events reach the database late.') {
    expression(at):: alert.given(signals.audit.lag, at.q, function(lag) alert.highest(at, lag) + ' > ' + at.threshold),
    description(at):: 'The oldest audit event of ' + at.job + ' that is not yet in the database is {{ $value | humanizeDuration }} old (threshold ' + at.threshold + 's).',
  },

  alert.new('AuditEventsDropped', 'compliance', 'Audit events are lost.') {
    expression(at):: alert.given(signals.audit.dropped, at.q.each(['reason']), function(dropped) dropped + ' > ' + at.threshold),
    description(at):: '{{ $value | printf "%.0f" }} audit events of ' + at.job + ' were lost in the last ' + at.window + ' (reason: {{ $labels.reason }}). The audit trail has a gap.',
  },
])
