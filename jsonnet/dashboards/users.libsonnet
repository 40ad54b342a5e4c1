// User activity: who uses it, how, and who suffers. The tenant variable scopes every panel.
{
  title: 'FraiseQL / User activity',
  description: 'Who uses the application, for what, and how well it serves them, for one tenant, some or all. Everything here is read from the audit log.',
  sections: [
    {
      title: 'Who is here, and are they well?',
      panels: [
        {
          id: 1,
          kind: 'timeSeries',
          width: 8,
          show: [{ audit: 'users_active_by_tenant' }],
          title: 'Active users per tenant',
          description: 'Identified users with at least one operation, per interval and tenant. A tenant that falls to nothing cannot log in or has left: compare with its failed access on the compliance dashboard.',
          draw: 'area',
          stack: true,
          min: 0,
          noValue: 'Nobody',
        },
        {
          id: 5,
          kind: 'timeSeries',
          width: 8,
          show: [
            { audit: 'users_error_rate' },
            { audit: 'errors_affected_users_over_time', legend: 'Affected, count', draw: 'area', colour: 'text' },
          ],
          title: 'User error rate',
          description: 'Share of operations that failed or were denied, share of active users who met at least one, and how many users that were. Both shares high is an outage; only the first is one user in trouble: find that user under "Top users".',
          min: 0,
          noValue: 'No operations',
        },
        {
          id: 2,
          kind: 'timeSeries',
          width: 8,
          show: [{ audit: 'users_requests_per_user' }],
          min: 0,
          noValue: 'No operations',
        },
      ],
    },
    {
      title: 'What do they do?',
      panels: [
        {
          id: 7,
          kind: 'stat',
          width: 5,
          show: [{ audit: 'users_new_total' }, { audit: 'users_new', legend: 'Most at once' }, { audit: 'users_active_total' }],
          title: 'New users',
          description: 'Users whose first recorded operation ever lies in the range, the most of them in one interval, and all active users and tenants beside them. A jump without a campaign may be a script that invents accounts; none for long means that signing up is broken.',
          textMode: 'value_and_name',
          reduce: 'max',
          graphMode: 'area',
          decimals: 0,
          noValue: '0',
        },
        {
          id: 6,
          kind: 'barGauge',
          width: 5,
          show: [{ audit: 'users_complexity_distribution', legend: '${__data.fields.complexity}' }],
          everyRow: true,
          fields: '/^operations$/',
          min: 0,
          decimals: 0,
          noValue: 'No operations',
        },
        { id: 3, kind: 'table', width: 14, show: [{ audit: 'users_query_patterns' }], sortBy: 'Requests', columns: { share: { bar: 1, width: 150 } } },
      ],
    },
    {
      title: 'Who stands out?',
      panels: [
        { id: 4, kind: 'table', width: 24, show: [{ audit: 'users_top' }], sortBy: 'Requests', columns: { tenant: { width: null }, user: { width: null }, error_ratio: { bar: 1, width: 150 } } },
        { id: 8, kind: 'table', width: 24, show: [{ audit: 'users_tenant_metrics' }], sortBy: 'Requests', columns: { tenant: { width: null }, error_ratio: { bar: 1, width: 150 } } },
      ],
    },
  ],
}
