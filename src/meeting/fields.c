/* A meeting's fields as callers see them (VideoChatSession). */
#include "meeting/fields.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

const struct field meeting_fields[] = {
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

const size_t meeting_field_count = sizeof meeting_fields / sizeof meeting_fields[0];

const struct field *field_find(const char *name)
{
	for (size_t i = 0; i < meeting_field_count; i++) {
		if (strcmp(meeting_fields[i].name, name) == 0)
			return &meeting_fields[i];
	}
	return NULL;
}

static bool text_same(const char *text, const struct field_value *value)
{
	return text == NULL ? value->is_null : !value->is_null && strcmp(text, value->text) == 0;
}

static bool has_value(const struct meeting *meeting, const struct field_value *value)
{
	const char *member = (const char *)meeting + value->field->offset;
	const char *text;
	int64_t number;
	bool flag;

	switch (value->field->type) {
	case FIELD_BOOLEAN:
		memcpy(&flag, member, sizeof flag);
		return !value->is_null && flag == value->flag;
	case FIELD_TIME:
		memcpy(&number, member, sizeof number);
		return value->is_null ? number == TIME_NONE : number == value->number;
	case FIELD_NUMBER:
		memcpy(&number, member, sizeof number);
		return !value->is_null && number == value->number;
	case FIELD_TEXT:
	case FIELD_OBJECT:
		memcpy(&text, member, sizeof text);
		return text_same(text, value);
	}
	return false;
}

bool meeting_has_values(const struct meeting *meeting, const struct field_value *values,
    size_t count, struct error *error)
{
	for (size_t i = 0; i < count; i++) {
		const struct field *field = values[i].field;
		char path[ERROR_PATH_MAX];

		if (has_value(meeting, &values[i]))
			continue;
		snprintf(path, sizeof path, "/%s", field->name);
		if (field->editable)
			error_fault(error, path, "type", NULL, "%s cannot be null.", field->name);
		else
			error_fault(error, path, "readOnly", NULL, "Only the service sets %s.",
			    field->name);
	}
	return error->kind == ERROR_NONE;
}
