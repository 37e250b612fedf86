/* PUT /archives/storage-target: where recordings go. */
#include "api/request_context.h"
#include "api/routes.h"
#include "archive/storage.h"
#include "base/json.h"
#include "store/audit_logs.h"
#include "store/settings.h"

struct target_context {
	struct request_context *context;
	const char *value;
	const char *before;
};

static enum db_outcome target_write(struct db *db, void *data)
{
	struct target_context *target = data;
	struct request_context *context = target->context;

	if (context->service->config.audit_log) {
		DB_TRY(setting_get(db, context->arena, SETTING_STORAGE_TARGET, &target->before));
		DB_TRY(audit_add(db, &(struct audit){.entity = "setting",
					 .entity_id = SETTING_STORAGE_TARGET,
					 .action = "edit",
					 .actor = context->principal.actor,
					 .tenant = context->principal.tenant,
					 .request_id = context->request->id,
					 .acted_at = context->now,
					 .before = target->before,
					 .after = target->value}));
	}
	return setting_put(db, SETTING_STORAGE_TARGET, target->value, context->now);
}

bool storage_target_set(struct request_context *context, struct error *error)
{
	const struct service *service = context->service;
	struct target_context data = {.context = context};
	struct storage_target target;
	struct json_object *kept;

	if (context->principal.meeting_link != NULL)
		return error_set(error, ERROR_FORBIDDEN, "This token is for another meeting only.");
	if (context->principal.tenant != NULL)
		return error_set(error, ERROR_FORBIDDEN,
		    "A tenant's token may not say where everybody's recordings go.");
	if (!storage_target_parse(
		context->arena, context->body, &service->config, &target, error) ||
	    !storage_try(service->http_client, context->arena, &service->config, &target, error))
		return false;
	kept = storage_target_json(&target);
	data.value = arena_strdup(context->arena, json_text(kept));
	json_object_put(kept);
	if (!db_run(service->db, target_write, &data, error))
		return false;
	response_text(context->response, "null");
	return true;
}
