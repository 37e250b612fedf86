/* The storage target: the remote place for recordings. */
#include "service/storage_target.h"

#include "archive/storage.h"
#include "service/audit.h"
#include "store/settings.h"

/* `value` NULL: none from now on. */
static enum db_outcome target_write(
    struct service *service, struct arena *arena, const struct act *act, const char *value)
{
	struct audit_entry entry = {.entity = "setting",
	    .entity_id = SETTING_STORAGE_TARGET,
	    .action = value == NULL ? "delete" : "edit",
	    .after = value};

	if (service->config.audit_log)
		DB_TRY(setting_get(service->db, arena, SETTING_STORAGE_TARGET, &entry.before));
	DB_TRY(audit_write(service, act, &entry));
	if (value == NULL)
		return setting_delete(service->db, SETTING_STORAGE_TARGET);
	return setting_put(service->db, SETTING_STORAGE_TARGET, value, act->at);
}

bool storage_target_set(struct service *service, struct arena *arena, const struct act *act,
    const struct storage_target *target, struct error *error)
{
	const struct config *config = &service->config;
	const char *value;

	if (!storage_usable(config, target, error) ||
	    !storage_try(service->http_client, arena, config, target, error))
		return false;
	value = storage_target_text(arena, target);
	return db_transact(service->db, error, target_write(service, arena, act, value));
}

bool storage_target_drop(
    struct service *service, struct arena *arena, const struct act *act, struct error *error)
{
	return db_transact(service->db, error, target_write(service, arena, act, NULL));
}
