/* A meeting's fields as callers see them (VideoChatSession), and the meeting as JSON. */
#include "api/meeting_fields.h"

#include <string.h>

#include "base/json.h"
#include "meeting/lifecycle.h"

static const struct field fields[] = {
    {"deleted", FIELD_BOOLEAN, true, offsetof(struct meeting, deleted)},
    {"deletedOn", FIELD_TIME, false, offsetof(struct meeting, deleted_on)},
    {"deletedBy", FIELD_TEXT, false, offsetof(struct meeting, deleted_by)},
    {"createdOn", FIELD_TIME, false, offsetof(struct meeting, created_on)},
    {"modifiedOn", FIELD_TIME, false, offsetof(struct meeting, modified_on)},
    {"createdBy", FIELD_TEXT, false, offsetof(struct meeting, created_by)},
    {"modifiedBy", FIELD_TEXT, false, offsetof(struct meeting, modified_by)},
    {"id", FIELD_NUMBER, false, offsetof(struct meeting, id)},
    {"sessionId", FIELD_TEXT, false, offsetof(struct meeting, session_id)},
    {"meetingLink", FIELD_TEXT, false, offsetof(struct meeting, meeting_link)},
    {"isScheduled", FIELD_BOOLEAN, true, offsetof(struct meeting, is_scheduled)},
    {"scheduleTime", FIELD_TIME, true, offsetof(struct meeting, schedule_time)},
    {"isArchived", FIELD_BOOLEAN, true, offsetof(struct meeting, is_archived)},
    {"archiveId", FIELD_TEXT, false, offsetof(struct meeting, archive_id)},
    {"uploadTarget", FIELD_TEXT, true, offsetof(struct meeting, upload_target)},
    {"startTime", FIELD_TIME, false, offsetof(struct meeting, start_time)},
    {"endTime", FIELD_TIME, false, offsetof(struct meeting, end_time)},
    {"extId", FIELD_TEXT, true, offsetof(struct meeting, ext_id)},
    {"extMetadata", FIELD_OBJECT, true, offsetof(struct meeting, ext_metadata)},
    {"tenantId", FIELD_TEXT, false, offsetof(struct meeting, tenant)},
};

const struct field *field_find(const char *name)
{
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

static void field_add(
    struct json_object *object, const struct field *field, const struct meeting *meeting)
{
	const char *member = (const char *)meeting + field->offset;
	const char *text;
	int64_t number;
	bool flag;

	switch (field->type) {
	case FIELD_BOOLEAN:
		memcpy(&flag, member, sizeof flag);
		json_add_boolean(object, field->name, flag);
		break;
	case FIELD_TIME:
		memcpy(&number, member, sizeof number);
		json_add_time(object, field->name, number);
		break;
	case FIELD_NUMBER:
		memcpy(&number, member, sizeof number);
		json_add_integer(object, field->name, number);
		break;
	case FIELD_TEXT:
		memcpy(&text, member, sizeof text);
		json_add_text(object, field->name, text);
		break;
	case FIELD_OBJECT:
		memcpy(&text, member, sizeof text);
		json_add_stored(object, field->name, text);
		break;
	}
}

struct json_object *meeting_json(const struct meeting *meeting)
{
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		field_add(object, &fields[i], meeting);
	json_add_boolean(object, "endToEndEncryption", meeting->end_to_end_encryption);
	json_add_boolean(object, "isRecording", meeting_is_recording(meeting));
	json_add_text(object, "status", meeting_status_name(meeting_status(meeting)));
	json_add_text(object, "provider", meeting->provider);
	return object;
}
