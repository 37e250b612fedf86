/* GET /session/{meetingLinkId}/attendees: the people who are or were in a meeting, and who waits.
 * POST …/attendees/admit: admits all who wait. */
#include <string.h>

#include "api/request_context.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/visible_text.h"
#include "meeting/attendance.h"
#include "meeting/role.h"
#include "service/listing.h"
#include "service/waiting_room.h"

enum {
	LIMIT_MAX = 1000,
	ATTENDEE_TEXT = 1024, /* bytes that an attendee usually takes */
};

static bool query_read(
    struct request_context *context, struct attendee_query *query, struct error *error)
{
	const char *active = NULL, *limit_text = NULL, *offset_text = NULL;
	long limit = 0, offset = 0;

	if (!request_query(context->request, "active", &active, error) ||
	    !request_query(context->request, "limit", &limit_text, error) ||
	    !request_query(context->request, "offset", &offset_text, error) ||
	    !request_query_integer(context->request, "limit", 1, LIMIT_MAX, &limit, error) ||
	    !request_query_integer(context->request, "offset", 0, INT32_MAX, &offset, error))
		return false;
	if (limit == 0 && offset_text != NULL)
		limit = LIMIT_MAX;
	*query = (struct attendee_query){
	    .active_only = active != NULL && strcmp(active, "true") == 0,
	    .limit = limit,
	    .offset = offset,
	    .with_waiting = active == NULL || strcmp(active, "true") != 0,
	    .with_total = limit_text != NULL || offset_text != NULL,
	};
	return true;
}

static const char *attendee_status(const struct attendee *attendee)
{
	if (attendee->waiting_since != TIME_NONE)
		return "waiting";
	return attendee->is_active ? "active" : "left";
}

static void attendee_write(
    struct json_writer *writer, struct arena *arena, const struct attendee *attendee, int64_t now)
{
	const char *name = visible_text_clean(arena, attendee->name);

	json_write_object(writer, NULL);
	json_write_integer(writer, "id", attendee->id);
	json_write_text(writer, "sessionId", attendee->session_id);
	json_write_text(writer, "attendee", attendee->attendee);
	json_write_text(writer, "name", name);
	json_write_boolean(writer, "verified", attendee->verified && name != NULL);
	json_write_text(writer, "role", role_name((enum role)attendee->role));
	json_write_time(writer, "createdOn", attendee->created_on);
	json_write_time(writer, "modifiedOn", attendee->modified_on);
	json_write_text(writer, "status", attendee_status(attendee));
	if (attendee->waiting_since != TIME_NONE)
		json_write_time(writer, "waitingSince", attendee->waiting_since);
	json_write_boolean(writer, "isDeleted", !attendee->is_active);
	json_write_time(writer, "joinedOn", attendee->joined_on);
	json_write_time(writer, "leftOn", attendee->is_active ? TIME_NONE : attendee->left_on);
	json_write_integer(writer, "activeSeconds",
	    attendance_seconds(attendee->closed_us, attendee->open_since, now));
	json_write_integer(writer, "connections", attendee->devices);
	json_write_text(writer, "extId", NULL); /* always empty: no operation sets it */
	json_write_object(writer, "extMetadata");
	json_write_stored(writer, "webhookPayload", attendee->event_payload);
	json_close_object(writer);
	json_close_object(writer);
}

bool attendees_get(struct request_context *context, struct error *error)
{
	const struct act act = context_act(context);
	struct attendee_query query;
	struct attendee_list list;
	struct json_writer answer;

	if (!query_read(context, &query, error))
		return false;
	/* Other participants do not see who waits. */
	query.with_waiting =
	    query.with_waiting &&
	    (context->principal.invited_as == 0 || context->principal.invited_as == ROLE_MODERATOR);
	if (!attendees_list(context->service, context->arena, &act, context_parameter(context),
		&query, &list, error))
		return false;
	answer = json_writer_new(context->arena, list.count * ATTENDEE_TEXT + 2);
	json_write_array(&answer, NULL);
	for (size_t i = 0; i < list.count; i++)
		attendee_write(&answer, context->arena, &list.attendees[i], context->now);
	json_close_array(&answer);
	if (query.with_total)
		response_header(context->response, "X-Total-Count",
		    arena_printf(context->arena, "%lld", (long long)list.total));
	response_header(context->response, "X-Recording", list.is_recording ? "true" : "false");
	response_written(context->response, &answer);
	return true;
}

bool attendees_admit_post(struct request_context *context, struct error *error)
{
	const struct moderated everybody = {.meeting_link = context_parameter(context)};
	const struct act act = context_act(context);

	if (!waiting_room_admit(context->service, context->arena, &act, &everybody, error))
		return false;
	response_empty(context->response);
	return true;
}
