// Error analysis: how bad, what exactly, whom it hits, how fast we mend.
{
  title: 'FraiseQL / Error analysis',
  description: 'What fails, since when, for whom, and how quickly it gets mended. Take the top fingerprint, see whom it touches, mend, and mark it resolved.',
  sections: [
    {
      title: 'How bad is it?',
      panels: [
        {
          id: 1,
          kind: 'timeSeries',
          width: 10,
          show: ['graphql.errorRatio', 'graphql.errorRatioByType', 'http.errorRatio'],
          title: 'Error rate',
          min: 0,
          noValue: 'No operations',
        },
        {
          id: 9,
          kind: 'stat',
          width: 7,
          show: [
            { signal: 'slo.errorBudget', decimals: 0 },
            { signal: 'slo.latencyBudget', decimals: 0 },
            'slo.errorBurn',
            'slo.latencyBurn',
          ],
          title: 'Error budget left',
          description: 'What is left of the errors and of the slow operations that the objectives allow in their period, and how many times too fast each burned in the last hour. Below a quarter prefer repairs to releases; below zero the promise is broken. A high burn with much left means that it has just begun.',
          textMode: 'value_and_name',
          decimals: 1,
          noValue: 'Not recorded yet',
        },
        {
          id: 7,
          kind: 'stat',
          width: 7,
          show: [{ audit: 'errors_affected_users' }, { audit: 'errors_affected_users_over_time', legend: 'Most at once' }],
          title: 'Affected users',
          description: 'Identified users who met at least one failed or denied operation in the range, of how many active ones, and the most in one interval. A small number with many errors is one client; a large share is an outage: begin with the fingerprint that has most users.',
          reduce: 'max',
          graphMode: 'area',
          columns: { affected_users: { colour: 'orange' }, affected_ratio: { decimals: 1, colour: 'orange' } },
          textMode: 'value_and_name',
          noValue: '0',
        },
      ],
    },
    {
      title: 'What kind of errors?',
      panels: [
        { id: 3, kind: 'timeSeries', width: 8, show: ['errors.byType'], draw: 'area', stack: true, min: 0, noValue: 'No errors', height: 9 },
        { id: 5, kind: 'timeSeries', width: 8, show: ['errors.bySeverity'], draw: 'area', stack: true, min: 0, noValue: 'No errors' },
        { id: 10, kind: 'barGauge', width: 8, show: ['errors.topOperations'], min: 0, decimals: 0, noValue: 'No errors' },
      ],
    },
    {
      title: 'Which errors exactly?',
      panels: [
        {
          id: 2,
          kind: 'table',
          width: 24,
          show: [{ audit: 'errors_top_fingerprints' }],
          title: 'Top fingerprints',
          columns: { operation_name: { width: 150 }, affected_users: { title: 'Users' }, affected_tenants: { title: 'Tenants' } },
        },
      ],
    },
    {
      title: 'Where and when, and is it mended?',
      panels: [
        {
          id: 4,
          kind: 'table',
          width: 16,
          show: [{ audit: 'errors_by_endpoint' }],
          title: 'By endpoint',
          height: 8,
          columns: { error_ratio: { bar: 1, width: 150 }, affected_users: { title: 'Users' } },
        },
        {
          id: 8,
          kind: 'table',
          width: 8,
          show: [{ audit: 'errors_resolution_time' }],
          columns: { severity: { width: null } },
          title: 'Resolution time',
        },
        {
          id: 6,
          kind: 'table',
          width: 24,
          show: [{ audit: 'errors_recent' }],
          columns: { operation_name: { width: 150 }, duration_ms: { decimals: 1 } },
        },
      ],
    },
  ],
}
