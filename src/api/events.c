/* GET /session/{meetingLinkId}/events: what happened in a meeting, in order. */
#include "api/call.h"
#include "api/routes.h"
#include "service/meeting_events.h"

enum {
	LIMIT = 100,
	LIMIT_MAX = 1000,
	EVENT_TEXT = 256, /* bytes that one usually takes */
};

/* A seq is a whole number that every client can hold: up to 2^53. */
#define SEQ_MAX (1L << 53)

static bool query_read(
    const struct call *call, struct meeting_events_query *query, struct error *error)
{
	long after = 0, limit = LIMIT;

	if (!request_query_integer(call->request, "after", 0, SEQ_MAX, &after, error) ||
	    !request_query_integer(call->request, "limit", 1, LIMIT_MAX, &limit, error))
		return false;
	query->after = after;
	query->limit = limit;
	return true;
}

/* An invite by name, and a token of the API for one meeting, are one attendee's; of a guest the
 * service knows the role alone. */
static const char *attendee_of(const struct principal *principal)
{
	if (principal->invited_as != 0)
		return principal->invite_name == NULL ? NULL : principal->actor;
	return principal->meeting_link == NULL ? NULL : principal->actor;
}

static void event_write(struct json_writer *answer, const struct meeting_event_row *event)
{
	json_write_object(answer, NULL);
	json_write_integer(answer, "seq", event->seq);
	json_write_text(answer, "type", event->type);
	json_write_time(answer, "at", event->at);
	json_write_stored(answer, "data", event->data);
	json_close_object(answer);
}

static void events_answer(struct call *call, const struct meeting_events *events)
{
	struct json_writer answer = json_writer_new(call->arena, (events->count + 1) * EVENT_TEXT);

	json_write_object(&answer, NULL);
	json_write_array(&answer, "events");
	for (size_t i = 0; i < events->count; i++)
		event_write(&answer, &events->rows[i]);
	json_close_array(&answer);
	json_write_integer(&answer, "upTo", events->up_to);
	json_close_object(&answer);
	response_written(call->response, &answer);
}

bool events_list(struct call *call, struct error *error)
{
	const struct principal *principal = &call->principal;
	struct meeting_events_query query = {
	    .target = call_target(call), .attendee = attendee_of(principal)};
	const struct listener listener = {.is_client = principal->invited_as == 0,
	    .role = principal->invited_as,
	    .attendee = query.attendee};
	struct meeting_events events;

	if (!query_read(call, &query, error) ||
	    !meeting_events_read(call->service, call->arena, &query, &listener, &events, error))
		return false;
	if (!events.meeting_found)
		return meeting_not_found(error);
	if (events.is_banned)
		return error_set_code(error, ERROR_FORBIDDEN, "PUT_OUT",
		    "This attendee was removed from the meeting.");
	events_answer(call, &events);
	return true;
}
