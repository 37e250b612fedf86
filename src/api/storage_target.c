/* PUT /archives/storage-target: where recordings go. */
#include "api/call.h"
#include "api/routes.h"
#include "archive/storage.h"
#include "base/json.h"
#include "store/audit_logs.h"
#include "store/settings.h"

struct target_context {
	struct call *call;
	const char *value;
	const char *before;
};

static enum db_outcome target_write(struct db *db, void *context)
{
	struct target_context *target = context;
	struct call *call = target->call;

	if (call->service->config.audit_log) {
		DB_TRY(setting_get(db, call->arena, SETTING_STORAGE_TARGET, &target->before));
		DB_TRY(audit_add(db, &(struct audit){.entity = "setting",
					 .entity_id = SETTING_STORAGE_TARGET,
					 .action = "edit",
					 .actor = call->principal.actor,
					 .tenant = call->principal.tenant,
					 .request_id = call->request->id,
					 .acted_at = call->now,
					 .before = target->before,
					 .after = target->value}));
	}
	return setting_put(db, SETTING_STORAGE_TARGET, target->value, call->now);
}

bool storage_target_set(struct call *call, struct error *error)
{
	const struct service *service = call->service;
	struct target_context context = {.call = call};
	struct storage_target target;
	struct json_object *kept;

	if (call->principal.meeting_link != NULL)
		return error_set(error, ERROR_FORBIDDEN, "This token is for another meeting only.");
	if (call->principal.tenant != NULL)
		return error_set(error, ERROR_FORBIDDEN,
		    "A tenant's token may not say where everybody's recordings go.");
	if (!storage_target_parse(call->arena, call->body, &service->config, &target, error) ||
	    !storage_try(service->http_client, call->arena, &service->config, &target, error))
		return false;
	kept = storage_target_json(&target);
	context.value = arena_strdup(call->arena, json_text(kept));
	json_object_put(kept);
	if (!db_run(service->db, target_write, &context, error))
		return false;
	response_text(call->response, "null");
	return true;
}
