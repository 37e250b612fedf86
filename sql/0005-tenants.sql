-- Tenants: the owner of a meeting.
--
-- meetings.tenant: the claim tenantId of the token that created the meeting; NULL: no tenant, so all tenants see it.
-- meetings_tenant, meetings_tenant_status: a tenant's lists are ranges of these keys, without and with a status.
-- idempotency.tenant: the caller's tenant, '' for none. Two tenants may have callers with the same name.
-- audit_logs.tenant: the caller's tenant, for the same reason.

ALTER TABLE meetings ADD COLUMN tenant VARBINARY(255) NULL;

ALTER TABLE meetings ADD KEY meetings_tenant (tenant, deleted, starts_on, id);

ALTER TABLE meetings ADD KEY meetings_tenant_status (tenant, deleted, status, starts_on, id);

ALTER TABLE idempotency ADD COLUMN tenant VARBINARY(255) NOT NULL DEFAULT '', DROP KEY idempotency_key,
    ADD UNIQUE KEY idempotency_caller (tenant, principal, idempotency_key);

ALTER TABLE audit_logs ADD COLUMN tenant VARBINARY(255) NULL AFTER actor;
