/* Audit entries: they name the actor of each change. */
#include "service/audit.h"

#include "base/json.h"
#include "store/audit_logs.h"

enum db_outcome audit_write(
    const struct service *service, const struct act *act, const struct audit_entry *entry)
{
	if (!service->config.audit_log)
		return DB_OK;
	return audit_add(service->db, &(struct audit){.entity = entry->entity,
					  .entity_id = entry->entity_id,
					  .action = entry->action,
					  .actor = act->actor,
					  .tenant = act->tenant,
					  .request_id = act->request_id,
					  .acted_at = act->at,
					  .before = entry->before,
					  .after = entry->after});
}

const char *audit_meeting(struct arena *arena, const struct meeting *meeting)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "meetingLink", meeting->meeting_link);
	json_add_boolean(object, "isScheduled", meeting->is_scheduled);
	json_add_time(object, "scheduleTime", meeting->schedule_time);
	json_add_boolean(object, "isArchived", meeting->is_archived);
	json_add_boolean(object, "endToEndEncryption", meeting->end_to_end_encryption);
	json_add_text(object, "access", meeting->access);
	json_add_text(object, "uploadTarget", meeting->upload_target);
	json_add_time(object, "startTime", meeting->start_time);
	json_add_time(object, "endTime", meeting->end_time);
	json_add_text(object, "extId", meeting->ext_id);
	json_add_stored(object, "extMetadata", meeting->ext_metadata);
	json_add_boolean(object, "deleted", meeting->deleted);
	return json_text_take(arena, object);
}
