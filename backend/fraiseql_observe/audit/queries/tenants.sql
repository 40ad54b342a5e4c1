-- ---
-- title: Tenants
-- description: Every tenant of the audit log, for the dashboard variable. Rows without a tenant belong to (none).
-- format: table
-- narrowed: true
-- columns:
--   __text: {title: Tenant, type: string}
--   __value: {title: Tenant, type: string}
-- ---
select tenant_id as __text, tenant_id as __value
  from fraiseql_observe.tenants
 order by tenant_id
