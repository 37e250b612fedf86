/* PATCH /session/{meetingLinkId}: changes a meeting's fields, or deletes it. */
#include <inttypes.h>
#include <string.h>

#include "api/body.h"
#include "api/request_context.h"
#include "api/meeting_fields.h"
#include "api/metadata.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/json.h"
#include "meeting/schedule.h"
#include "service/ending.h"
#include "store/audit_logs.h"
#include "store/meetings.h"

struct edit_context {
	struct request_context *context;
	struct meeting_change change;
	struct meeting meeting;
	struct ending_work work;
	struct error refusal; /* what the rules say about the row as it is now */
	const char *archive_id;
	bool found;
	bool ended; /* since it is deleted */
};

/* Reads a value only to see that it has its field's type. */
static void type_check(struct body *body, const struct field *field, struct json_object *value)
{
	bool flag;
	int64_t time;
	const char *text;
	struct json_object *object;

	switch (field->type) {
	case FIELD_BOOLEAN:
		body_boolean(body, field->name, &flag);
		break;
	case FIELD_TIME:
		body_time(body, field->name, &time);
		break;
	case FIELD_TEXT:
		body_text(body, field->name, 0, ATTENDEE_MAX, BODY_BYTES, &text);
		break;
	case FIELD_OBJECT:
		body_object(body, field->name, &object);
		break;
	case FIELD_NUMBER:
		if (!json_object_is_type(value, json_type_int))
			body_fault(
			    body, field->name, "type", "%s must be a whole number.", field->name);
		break;
	}
}

/* The present value of a field that may be NULL, is it? */
static bool field_is_null(const struct field *field, const struct meeting *meeting)
{
	const char *member = (const char *)meeting + field->offset;
	const char *text;
	int64_t time;

	switch (field->type) {
	case FIELD_TIME:
		memcpy(&time, member, sizeof time);
		return time == TIME_NONE;
	case FIELD_TEXT:
	case FIELD_OBJECT:
		memcpy(&text, member, sizeof text);
		return text == NULL;
	default:
		return false;
	}
}

/* Is the value in the body the present one? Its type has been checked, or it is null. */
static bool field_is_present(const struct field *field, const struct meeting *meeting,
    struct body *body, struct json_object *value)
{
	const char *member = (const char *)meeting + field->offset;
	const char *text, *asked;
	int64_t number, time;

	if (value == NULL)
		return field_is_null(field, meeting);
	switch (field->type) {
	case FIELD_TIME:
		memcpy(&number, member, sizeof number);
		return body_time(body, field->name, &time) && time == number;
	case FIELD_NUMBER:
		memcpy(&number, member, sizeof number);
		return json_object_get_int64(value) == number;
	case FIELD_TEXT:
		memcpy(&text, member, sizeof text);
		asked = json_object_get_string(value);
		return text != NULL && strcmp(text, asked) == 0;
	default:
		return false;
	}
}

/* Types of all fields, and what of them may be changed. null stands for "as it is, and that is
 * nothing": the row decides about it later. */
static bool change_read(
    struct request_context *context, struct meeting_change *change, struct error *error)
{
	struct body body = body_open(context->body, error);

	json_object_object_foreach(context->body, name, value)
	{
		const struct field *field = field_find(name);

		if (field == NULL)
			body_fault(&body, name, "additionalProperties", "There is no such field.");
		else if (value != NULL && !field->editable)
			type_check(&body, field, value);
	}
	change->schedule_time = TIME_NONE;
#define GIVEN(key) (json_object_object_get(context->body, key) != NULL)
	change->has_is_scheduled =
	    GIVEN("isScheduled") && body_boolean(&body, "isScheduled", &change->is_scheduled);
	change->has_schedule_time =
	    GIVEN("scheduleTime") && body_time(&body, "scheduleTime", &change->schedule_time);
	change->has_is_archived =
	    GIVEN("isArchived") && body_boolean(&body, "isArchived", &change->is_archived);
	change->has_deleted = GIVEN("deleted") && body_boolean(&body, "deleted", &change->deleted);
	change->has_upload_target =
	    GIVEN("uploadTarget") && body_text(&body, "uploadTarget", 0, UPLOAD_TARGET_MAX,
					 BODY_CHARACTERS, &change->upload_target);
	change->has_ext_id = GIVEN("extId") && body_text(&body, "extId", 0, NAME_MAX_LENGTH,
						   BODY_CHARACTERS, &change->ext_id);
	change->has_ext_metadata =
	    GIVEN("extMetadata") && metadata_read(&body, context->arena, &change->ext_metadata);
#undef GIVEN
	return body_close(&body);
}

/* The service's own fields, and null ones, may be sent only with their present value. */
static bool present_check(struct edit_context *edit, struct error *error)
{
	struct body body = body_open(edit->context->body, error);

	json_object_object_foreach(edit->context->body, name, value)
	{
		const struct field *field = field_find(name);

		if (field == NULL || (field->editable && value != NULL))
			continue;
		if (field_is_present(field, &edit->meeting, &body, value))
			continue;
		if (field->editable)
			body_fault(&body, name, "type", "%s cannot be null.", name);
		else
			body_fault(&body, name, "readOnly", "%s is the service's own.", name);
	}
	return body_close(&body);
}

static enum db_outcome audit_change(
    struct db *db, const struct edit_context *edit, const char *before)
{
	const struct request_context *context = edit->context;

	return audit_add(db, &(struct audit){.entity = "meeting",
				 .entity_id = edit->meeting.meeting_link,
				 .action = edit->meeting.deleted ? "delete" : "edit",
				 .actor = context->principal.actor,
				 .tenant = context->principal.tenant,
				 .request_id = context->request->id,
				 .acted_at = context->now,
				 .before = before,
				 .after = meeting_audit_text(context->arena, &edit->meeting)});
}

/* From the first media on the meeting is recorded, or not; once it has started, recording is
 * switched on and off as archives. One that was begun that way already goes on instead. */
static void archiving_set(struct meeting *meeting, const char *archive_id)
{
	const char *recording = meeting->recording_id;
	bool own = recording != NULL && meeting->archive_id != NULL &&
		   strcmp(recording, meeting->archive_id) == 0;

	if (meeting->start_time != TIME_NONE)
		return;
	if (!meeting->is_archived) {
		if (own)
			meeting->recording_id = NULL;
		return;
	}
	if (recording != NULL && !own) {
		meeting->archive_id = NULL;
		return;
	}
	if (meeting->archive_id == NULL)
		meeting->archive_id = archive_id;
	meeting->recording_id = meeting->archive_id;
}

static void meeting_stamp(struct edit_context *edit)
{
	struct meeting *meeting = &edit->meeting;

	meeting->modified_on = edit->context->now;
	meeting->modified_by = edit->context->principal.actor;
	if (meeting->deleted) {
		meeting->deleted_on = edit->context->now;
		meeting->deleted_by = edit->context->principal.actor;
	}
	if (edit->change.has_is_archived)
		archiving_set(meeting, edit->archive_id);
	if (meeting->deleted)
		meeting->recording_id = NULL;
}

/* The row is locked, and has this to be written to it. */
static enum db_outcome change_write(struct db *db, struct edit_context *edit)
{
	struct request_context *context = edit->context;
	struct meeting *meeting = &edit->meeting;
	const struct act act = context_act(context);
	const char *before = NULL;

	if (context->service->config.audit_log)
		before = meeting_audit_text(context->arena, meeting);
	if (meeting->end_time != TIME_NONE) {
		meeting_change_apply(meeting, &edit->change, context->now, &edit->refusal);
		return DB_OK;
	}
	if (!present_check(edit, &edit->refusal) ||
	    !meeting_change_apply(meeting, &edit->change, context->now, &edit->refusal))
		return DB_OK;
	meeting_stamp(edit);
	/* Also one that has not started: a token request may have made its room just now. */
	if (meeting->deleted)
		DB_TRY(ending_write(db, context->arena, &act, meeting, &edit->work, &edit->ended));
	DB_TRY(meeting_update(db, meeting, context->request->id));
	return before == NULL ? DB_OK : audit_change(db, edit, before);
}

/* Runs again after a lost connection: what an earlier run found is forgotten first, and what it has
 * committed is known by the request's id. */
static enum db_outcome edit_write(struct db *db, void *data)
{
	struct edit_context *edit = data;
	struct request_context *context = edit->context;
	struct meeting *meeting = &edit->meeting;
	const struct act act = context_act(context);
	bool done;

	error_clear(&edit->refusal);
	edit->ended = false;
	DB_TRY(meeting_find_locked(
	    db, context->arena, context_target(context), meeting, &edit->found));
	if (!edit->found)
		return DB_OK;
	DB_TRY(meeting_updated(db, meeting->id, context->request->id, &done));
	if (done)
		return meeting->deleted ? ending_write(db, context->arena, &act, meeting,
					      &edit->work, &edit->ended)
					: DB_OK;
	edit->found = !meeting->deleted;
	return edit->found ? change_write(db, edit) : DB_OK;
}

bool session_edit(struct request_context *context, struct error *error)
{
	struct edit_context edit = {
	    .context = context, .archive_id = archive_id_new(context->arena)};

	if (!change_read(context, &edit.change, error) ||
	    !db_run(context->service->db, edit_write, &edit, error)) {
		error_clear(&edit.refusal);
		return false;
	}
	if (!edit.found)
		return meeting_not_found(error);
	if (edit.refusal.kind != ERROR_NONE) {
		*error = edit.refusal;
		return false;
	}
	if (edit.ended)
		ending_carry_out(context->service, context->arena, &edit.work);
	response_empty(context->response);
	return true;
}
