// Whether the audit log keeps up, as the writer itself reports it.
function(config)
  local none = { v2: 'FraiseQL v2 runs without the instrument that writes the audit log' };
  {
    lag: {
      title: 'Audit lag',
      description: 'Age of the oldest audit event that is not in the database yet; 0 when all are. Above the line the trail is incomplete at this moment: check the database, then the queue.',
      unit: 's',
      legend: 'waiting to be written',
      alert: 'AuditLogLag',
      colour: 'blue',
      absent: none,
      v1(q):: q.max('fraiseql_audit_lag_seconds'),
    },
    queue: {
      title: 'Audit queue',
      description: 'Audit events that wait to be written.',
      unit: 'short',
      legend: 'events queued',
      colour: 'text',
      absent: none,
      v1(q):: q.sum('fraiseql_audit_queue_events'),
    },
    dropped: {
      title: 'Dropped audit events',
      description: 'Audit events lost in the window, by reason. Each is a gap in the trail: say so in the audit, and make the queue larger or let it wait.',
      unit: 'short',
      legend: '{{reason}}',
      alert: 'AuditEventsDropped',
      absent: none,
      v1(q):: q.sumIncrease('fraiseql_audit_dropped_total'),
    },
    eventRate: {
      title: 'Audit events',
      description: 'Audit events per second by type.',
      unit: 'ops',
      legend: '{{event_type}}',
      absent: none,
      v1(q):: q.sumRate('fraiseql_audit_events_total', ['event_type']),
    },
  }
