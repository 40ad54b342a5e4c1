// Compliance and audit: is the trail complete, what changed, who looked at what, who was refused.
{
  title: 'FraiseQL / Compliance and audit',
  description: 'What an auditor asks: whether the trail is complete, who changed what, who looked at what, and who was refused. The tenant variable scopes everything read from the audit log.',
  sections: [
    {
      title: 'Is the trail complete?',
      panels: [
        {
          id: 7,
          kind: 'table',
          width: 16,
          show: [{ audit: 'compliance_status' }],
          columns: {
            check_name: { width: 340 },
            measured: { width: 90 },
            warning_above: { title: 'Warning', width: 85 },
            violation_above: { title: 'Violation', width: 85 },
            meaning: { wrap: true },
          },
        },
        {
          id: 8,
          kind: 'stat',
          width: 8,
          show: [{ audit: 'compliance_audit_lag_now', legend: 'Now' }, { audit: 'compliance_audit_lag' }],
          title: 'Audit lag',
          description: "Time from an operation to its committed audit row: the slowest of the newest rows, then the worst interval of the range by median, 99th percentile and slowest row. Coloured from where the alert fires: the writer is behind, look at the audit queue and at the database's commit time. Rows still waiting are seen by the alert on fraiseql_audit_lag_seconds.",
          alerts: ['AuditLogLag', 'AuditEventsDropped'],
          textMode: 'value_and_name',
          reduce: 'max',
          graphMode: 'area',
          noValue: 'No audit events',
        },
      ],
    },
    {
      title: 'What happened?',
      panels: [
        {
          id: 2,
          kind: 'timeSeries',
          width: 10,
          show: [{ audit: 'compliance_events_by_type' }, { audit: 'compliance_failed_access_over_time', draw: 'line', stack: false, axis: 'right' }],
          title: 'Events by type',
          columns: { attempts: { title: 'failed attempts' }, sources: { title: 'users and addresses that failed' } },
          description: 'Recorded creations, updates, deletions and accesses per interval, and as lines the refused attempts with the users and addresses behind them. A burst of deletions, changes at an hour when nobody works, or many refusals from few addresses are worth a question.',
          draw: 'bars',
          stack: true,
          min: 0,
          noValue: 'No audit events',
        },
        {
          id: 6,
          kind: 'table',
          width: 14,
          show: [{ audit: 'compliance_failed_access' }],
          title: 'Failed access',
          alerts: ['HighFailedAuthAttempts', 'UnauthorizedDataAccess'],
          sortBy: 'Attempts',
          columns: { tenant: { width: 110 }, user: { width: 150 }, ip_address: { width: 100 }, operation_name: { width: 130 } },
          only: ['tenant', 'user', 'ip_address', 'operation_name', 'reason', 'attempts', 'last_attempt'],
        },
        { id: 1, kind: 'table', width: 24, show: [{ audit: 'compliance_recent_events' }] },
      ],
    },
    {
      title: 'Who did it?',
      panels: [
        { id: 3, kind: 'table', width: 24, height: 8, show: [{ audit: 'compliance_admin_actions' }], columns: { operation_name: { width: 170 }, user: { width: null }, entity_id: { width: null } } },
        { id: 4, kind: 'table', width: 24, height: 8, show: [{ audit: 'compliance_permission_changes' }], columns: { operation_name: { width: 170 }, user: { width: null }, entity_id: { width: null } } },
        { id: 5, kind: 'table', width: 24, show: [{ audit: 'compliance_access_by_user' }], columns: { tenant: { width: null }, user: { width: null }, entity: { width: null } } },
      ],
    },
  ],
}
