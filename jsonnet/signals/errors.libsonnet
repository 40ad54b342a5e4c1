// GraphQL errors as the instrument classifies them; HTTP says 200 to nearly all of these.
function(config)
  local unclassified = { v2: 'FraiseQL v2 counts errors without this label' };
  {
    byType: {
      title: 'Errors by type',
      description: "Failed operations per second by cause: graphql is a resolver's own error, validation a document that does not fit the schema, database a failing statement, auth a refusal, internal a fault of the application. Database and internal are ours to mend; validation that jumps after a release is a client left behind.",
      unit: 'reqps',
      legend: '{{error_type}}',
      colours: { graphql: 'blue', validation: 'yellow', database: 'red', auth: 'purple', internal: 'dark-red' },
      v1(q):: q.sumRate('fraiseql_graphql_errors_total', ['error_type']),
      v2(q)::
        local named(metric, name) = 'label_replace(' + q.sumRate(metric) + ', "error_type", "' + name + '", "", "")';
        named('fraiseql_validation_errors_total', 'validation') + ' or ' +
        named('fraiseql_parse_errors_total', 'parse') + ' or ' +
        named('fraiseql_execution_errors_total', 'execution'),
    },
    bySeverity: {
      title: 'Errors by severity',
      description: "Failed operations per second by severity. Warnings are mostly clients' mistakes; errors are users who did not get what they asked for; critical means that the application or its database is broken.",
      unit: 'reqps',
      legend: '{{severity}}',
      colours: { warning: 'yellow', 'error': 'orange', critical: 'red' },
      absent: unclassified,
      v1(q):: q.sumRate('fraiseql_graphql_errors_total', ['severity']),
    },
    topOperations: {
      title: 'Failing operations',
      description: 'The operations that failed most often in the selected range, with the type of error. One name on top: mend that operation. All names equally: look below, at the database or the last release.',
      unit: 'short',
      legend: '{{operation_name}} ({{error_type}})',
      v1(q):: q.top(config.dashboards.top, q.wholeRange.sumIncrease('fraiseql_graphql_errors_total', ['operation_name', 'error_type'])),
      v2(q):: q.top(config.dashboards.top, q.wholeRange.sumIncrease('fraiseql_query_errors_total', ['operation'])),
    },
    oversized: {
      title: 'Oversized documents',
      description: 'Documents per second too large to be analysed.',
      unit: 'reqps',
      legend: 'oversized documents',
      absent: unclassified,
      v1(q):: q.sumRate('fraiseql_graphql_oversized_documents_total'),
    },
    uncaught: {
      title: 'Uncaught exceptions',
      description: 'Exceptions per second that left the application unhandled, by type.',
      unit: 'reqps',
      legend: '{{error_type}}',
      absent: unclassified,
      v1(q):: q.sumRate('fraiseql_errors_total', ['error_type']),
    },
  }
