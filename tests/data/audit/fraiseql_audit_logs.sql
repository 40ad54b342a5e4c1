-- The request log of FraiseQL, as its migration creates it.
CREATE TABLE fraiseql_audit_logs (
    id BIGSERIAL PRIMARY KEY,
    timestamp TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    level TEXT NOT NULL CHECK (level IN ('INFO', 'WARN', 'ERROR')),
    user_id BIGINT NOT NULL,
    tenant_id BIGINT NOT NULL,
    operation TEXT NOT NULL CHECK (operation IN ('query', 'mutation')),
    query TEXT NOT NULL,
    variables JSONB NOT NULL DEFAULT '{}',
    ip_address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    error TEXT,
    duration_ms INTEGER,
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);
CREATE INDEX ON fraiseql_audit_logs (tenant_id, timestamp DESC);
CREATE INDEX ON fraiseql_audit_logs (timestamp DESC);
