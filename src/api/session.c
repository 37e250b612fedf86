/* GET /session/{meetingLinkId}: one meeting. PATCH /session/{meetingLinkId}: changes its fields, or
 * deletes it. PATCH /session/{meetingLinkId}/end: ends it for everybody. */
#include <string.h>

#include "api/body.h"
#include "api/meeting_json.h"
#include "api/routes.h"
#include "base/clock.h"
#include "meeting/access.h"
#include "meeting/fields.h"
#include "meeting/visit.h"
#include "service/ending.h"
#include "service/lookup.h"
#include "service/scheduling.h"

bool session_get(struct request_context *context, struct error *error)
{
	const struct act act = context_act(context);
	struct meeting meeting;
	struct json_object *answer;

	if (!lookup_meeting(context->service, context->arena, &act, context_parameter(context),
		&meeting, error))
		return false;
	answer = meeting_json(&meeting);
	response_json(context->response, answer);
	json_object_put(answer);
	return true;
}

#define GIVEN(member) BODY_GIVEN(struct meeting_change, member)

/* The fields that the caller may change. */
static const struct body_field change_fields[] = {
    BODY_FLAG("isScheduled", struct meeting_change, is_scheduled, GIVEN(has_is_scheduled)),
    BODY_TIME("scheduleTime", struct meeting_change, schedule_time, GIVEN(has_schedule_time)),
    BODY_FLAG("isArchived", struct meeting_change, is_archived, GIVEN(has_is_archived)),
    BODY_FLAG("deleted", struct meeting_change, deleted, GIVEN(has_deleted)),
    BODY_TEXT("uploadTarget", struct meeting_change, upload_target, 0, UPLOAD_TARGET_MAX,
	BODY_CHARACTERS, GIVEN(has_upload_target)),
    BODY_TEXT("access", struct meeting_change, access, 1, ACCESS_TEXT_MAX, BODY_BYTES,
	BODY_GOOD(meeting_access_good, "enum", "must be open, waitingRoom or locked.")),
    BODY_TEXT("extId", struct meeting_change, ext_id, 0, NAME_MAX_LENGTH, BODY_CHARACTERS,
	GIVEN(has_ext_id)),
    BODY_OBJECT("extMetadata", struct meeting_change, ext_metadata, EXT_METADATA_MAX,
	EXT_METADATA_DEPTH, GIVEN(has_ext_metadata), BODY_MEMBERS(visit_good)),
};

/* The service's own fields: a value in the body is only compared. */
static const struct body_field value_fields[] = {
    [FIELD_BOOLEAN] = BODY_FLAG(NULL, struct field_value, flag),
    [FIELD_TIME] = BODY_TIME(NULL, struct field_value, number),
    [FIELD_TEXT] = BODY_TEXT(NULL, struct field_value, text, 0, ATTENDEE_MAX, BODY_BYTES),
    [FIELD_NUMBER] = BODY_NUMBER(NULL, struct field_value, number),
    [FIELD_OBJECT] =
	BODY_OBJECT(NULL, struct field_value, text, EXT_METADATA_MAX, EXT_METADATA_DEPTH),
};

/* Reads the values of the service's own fields, and null values: null means that the field has no
 * value. */
static void present_read(struct body *body, struct meeting_change *change)
{
	size_t most = (size_t)json_object_object_length(body->object);
	struct field_value *values = arena_alloc(body->arena, (most + 1) * sizeof *values);
	size_t count = 0;

	json_object_object_foreach(body->object, name, value)
	{
		const struct field *field = field_find(name);
		struct body_field reading;

		if (field == NULL) {
			body_fault(body, name, "additionalProperties", "There is no such field.");
			continue;
		}
		if (field->editable && value != NULL)
			continue;
		values[count] = (struct field_value){.field = field, .is_null = value == NULL};
		reading = value_fields[field->type];
		reading.name = name;
		body_read_fields(body, &reading, 1, &values[count]);
		count++;
	}
	change->present = values;
	change->present_count = count;
}

/* Unknown members are faults. */
static bool change_read(
    struct request_context *context, struct meeting_change *change, struct error *error)
{
	struct body body = body_open(context->body, context->arena, error);

	body.null_is_absent = true;
	present_read(&body, change);
	body_read_fields(&body, change_fields, BODY_FIELDS(change_fields), change);
	return body_close(&body);
}

/* A moderator with an invite may change who may come in, and nothing else. */
static bool change_allowed(const struct request_context *context, struct error *error)
{
	if (context->principal.invited_as == 0 ||
	    !json_object_is_type(context->body, json_type_object))
		return true;
	json_object_object_foreach(context->body, name, value)
	{
		(void)value;
		if (strcmp(name, "access") != 0)
			return error_set(
			    error, ERROR_FORBIDDEN, "With an invite only access can be changed.");
	}
	return true;
}

bool session_patch(struct request_context *context, struct error *error)
{
	const struct act act = context_act(context);
	struct meeting_change change = {.schedule_time = TIME_NONE};

	if (!change_allowed(context, error) || !change_read(context, &change, error) ||
	    !scheduling_edit(
		context->service, context->arena, &act, context_parameter(context), &change, error))
		return false;
	response_empty(context->response);
	return true;
}

bool session_end_patch(struct request_context *context, struct error *error)
{
	const struct act act = context_act(context);

	if (!ending_end(context->service, context->arena, &act, context_parameter(context), error))
		return false;
	response_empty(context->response);
	return true;
}
