// The door: HTTP requests as the application's middleware counts them.
function(config) {
  requestRate: {
    title: 'HTTP requests',
    description: 'HTTP requests per second on all paths. More of these than GraphQL operations means health checks, refused bodies or scans.',
    unit: 'reqps',
    legend: 'HTTP requests',
    colour: 'text',
    v1(q):: q.sumRate('fraiseql_http_requests_total'),
    v2(q):: q.sumRate('fraiseql_http_requests_total'),
  },
  errorRatio: {
    title: 'HTTP errors',
    description: 'Share of HTTP requests answered 4xx or 5xx: refused bodies, unknown paths, crashes outside GraphQL.',
    unit: 'percentunit',
    legend: 'HTTP 4xx and 5xx',
    colour: 'text',
    v1(q):: q.shareOrZero(q.sumRate('fraiseql_http_requests_total', [], 'status=~"4..|5.."'), q.sumRate('fraiseql_http_requests_total')),
    v2(q):: q.share(q.sumRate('fraiseql_http_responses_4xx') + ' + ' + q.sumRate('fraiseql_http_responses_5xx'), q.sumRate('fraiseql_http_requests_total')),
  },
  errorsByEndpoint: {
    title: 'HTTP errors by endpoint',
    description: 'HTTP 4xx and 5xx per second by path and status. Many unknown paths at once is a scan; 422 on the GraphQL path is a client that sends broken JSON.',
    unit: 'reqps',
    legend: '{{status}} {{endpoint}}',
    absent: { v2: 'FraiseQL v2 counts HTTP requests without their path' },
    v1(q):: q.top(config.dashboards.top, q.sumRate('fraiseql_http_requests_total', ['endpoint', 'status'], 'status=~"4..|5.."')),
  },
}
