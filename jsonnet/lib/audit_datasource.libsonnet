// The audit log as a data source of Grafana, and the variables of Grafana's environment that it is filled from.
local variable(name, secret, key) = { variable: name, secret: secret, key: key };

local postgres(config) = {
  dataSource: {
    name: 'FraiseQL audit',
    uid: 'fraiseql-audit',
    type: 'grafana-postgresql-datasource',
    access: 'proxy',
    url: '$AUDIT_DATABASE_HOST',
    user: '$AUDIT_DATABASE_USER',
    editable: false,
    jsonData: {
      database: '$AUDIT_DATABASE_NAME',
      sslmode: config.deploy.auditSslMode,
      maxOpenConns: 5,
      maxIdleConns: 2,
      connMaxLifetime: 14400,
      postgresVersion: 1500,
      timescaledb: false,
    },
    secureJsonData: { password: '$AUDIT_DATABASE_PASSWORD' },
  },
  environment: [
    variable('AUDIT_DATABASE_HOST', 'fraiseql-audit-reader', 'host'),
    variable('AUDIT_DATABASE_NAME', 'fraiseql-audit-reader', 'database'),
    variable('AUDIT_DATABASE_USER', 'fraiseql-audit-reader', 'user'),
    variable('AUDIT_DATABASE_PASSWORD', 'fraiseql-audit-reader', 'password'),
  ],
};

// Infinity puts a panel's address behind this one by plain concatenation: without the slash at the end, and without
// allowedHosts, `@elsewhere.example/` in a panel would send the token there.
local infinity(config) =
  local base = std.rstripChars(config.deploy.auditUrl, '/') + '/';
  {
    dataSource: {
      name: 'FraiseQL audit',
      uid: 'fraiseql-audit',
      type: 'yesoreyeram-infinity-datasource',
      access: 'proxy',
      url: base,
      editable: false,
      jsonData: {
        auth_method: 'bearerToken',
        allowedHosts: [base],
        unsecuredQueryHandling: 'deny',
        allowDangerousHTTPMethods: false,
        timeoutInSeconds: 30,
        // The list of questions: it answers only if address, token and audit log are all right.
        customHealthCheckEnabled: true,
        customHealthCheckUrl: base + 'api/observability/audit/queries',
        // Who looks, for the access log; two dollar signs, or Grafana would put in a variable of its environment.
        httpHeaderName1: 'X-Grafana-User',
      },
      secureJsonData: { bearerToken: '$FRAISEQL_OBSERVE_GRAFANA_TOKEN', httpHeaderValue1: '$${__user.login}' },
    },
    environment: [variable('FRAISEQL_OBSERVE_GRAFANA_TOKEN', 'fraiseql-observe-grafana', 'token')],
  };

function(config) { postgres: postgres, infinity: infinity }[config.auditSource](config)
