-- Tenants: whose a meeting is.
--
-- meetings.tenant: the claim tenantId of the token that made it; NULL: nobody's, so everybody sees it.
-- meetings_tenant, meetings_tenant_status: a tenant's lists are ranges of these keys, without and with a status.
-- idempotency.tenant: of the caller, '' for none. Two tenants may have callers of the same name.
-- audit_logs.tenant: of the caller, for the same reason.

ALTER TABLE meetings ADD COLUMN tenant VARBINARY(255) NULL;

ALTER TABLE meetings ADD KEY meetings_tenant (tenant, deleted, starts_on, id);

ALTER TABLE meetings ADD KEY meetings_tenant_status (tenant, deleted, status, starts_on, id);

ALTER TABLE idempotency ADD COLUMN tenant VARBINARY(255) NOT NULL DEFAULT '', DROP KEY idempotency_key,
    ADD UNIQUE KEY idempotency_caller (tenant, principal, idempotency_key);

ALTER TABLE audit_logs ADD COLUMN tenant VARBINARY(255) NULL AFTER actor;
