-- The audit tables of the FraiseQL v2 server: the columns, the row security and the setting that its policy reads.
CREATE SCHEMA core;
CREATE TABLE core.tb_entity_change_log (
    pk_entity_change_log BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    object_type TEXT NOT NULL,
    modification_type TEXT NOT NULL,
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    tenant_id UUID,
    fk_customer_org BIGINT,
    fk_contact BIGINT,
    object_id UUID,
    object_data JSONB,
    object_data_before JSONB,
    updated_fields TEXT[],
    cascade JSONB,
    duration_ms INTEGER,
    started_at TIMESTAMPTZ,
    commit_time TIMESTAMPTZ,
    seq BIGINT,
    actor_type TEXT,
    acting_for UUID,
    schema_version TEXT,
    trace_id TEXT,
    trace_context JSONB,
    change_status TEXT,
    extra_metadata JSONB,
    nats_published_at TIMESTAMPTZ,
    nats_event_id TEXT
);
CREATE INDEX ON core.tb_entity_change_log (created_at);
ALTER TABLE core.tb_entity_change_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON core.tb_entity_change_log
    USING (tenant_id::text = current_setting('fraiseql.tenant_id', true));
REVOKE ALL ON core.tb_entity_change_log FROM PUBLIC;

CREATE TABLE fraiseql_permission_audit (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    occurred_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    event_type TEXT NOT NULL,
    role_id UUID,
    role_name TEXT,
    user_id TEXT,
    permission_id UUID,
    tenant_id UUID,
    details JSONB
);
CREATE INDEX ON fraiseql_permission_audit (occurred_at);
