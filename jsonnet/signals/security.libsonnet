// Logins, refusals and limits.
function(config)
  local logged = { v2: 'FraiseQL v2 writes security events to its log only' };
  {
    failedLogins: {
      title: 'Failed logins',
      description: 'Failed authentications in the window. Many from few addresses is guessing: see "Failed access" on the compliance dashboard for who and from where.',
      unit: 'short',
      legend: 'failed logins',
      alert: 'HighFailedAuthAttempts',
      absent: logged,
      v1(q):: q.sumIncrease('fraiseql_security_events_total', [], 'event_type=~"auth[.].*",result="failure"'),
    },
    denied: {
      title: 'Denied access',
      description: 'Refused reads and writes in the window. A spike is a broken role after a release, or somebody looking around.',
      unit: 'short',
      legend: 'denied',
      alert: 'UnauthorizedDataAccess',
      absent: logged,
      v1(q):: q.sumIncrease('fraiseql_security_events_total', [], 'event_type=~"authz[.].*|data[.]access_denied",result="denied"'),
    },
  }
