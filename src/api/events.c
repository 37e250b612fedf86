/* GET /session/{meetingLinkId}/events: the events of a meeting, in their order. */
#include "api/request_context.h"
#include "api/routes.h"
#include "service/meeting_events.h"

enum {
	LIMIT = 100,
	LIMIT_MAX = 1000,
	EVENT_TEXT = 256, /* bytes that an event usually takes */
};

/* All clients can hold numbers up to this one. */
#define SEQ_MAX (1L << 53)

static bool query_read(
    const struct request_context *context, struct meeting_events_query *query, struct error *error)
{
	long after = 0, limit = LIMIT;

	if (!request_query_integer(context->request, "after", 0, SEQ_MAX, &after, error) ||
	    !request_query_integer(context->request, "limit", 1, LIMIT_MAX, &limit, error))
		return false;
	query->after = after;
	query->limit = limit;
	return true;
}

/* An unnamed invite tells only the role. */
static struct listener listener_of(const struct principal *principal)
{
	return (struct listener){.is_client = principal->invited_as == 0,
	    .role = principal->invited_as,
	    .attendee = principal->attendee};
}

static void event_write(struct json_writer *answer, const struct listed_event *event)
{
	json_write_object(answer, NULL);
	json_write_integer(answer, "seq", event->seq);
	json_write_text(answer, "type", event->type);
	json_write_time(answer, "at", event->at);
	json_write_stored(answer, "data", event->data);
	json_close_object(answer);
}

bool events_get(struct request_context *context, struct error *error)
{
	const struct act act = context_act(context);
	struct meeting_events_query query = {.listener = listener_of(&context->principal)};
	struct meeting_events events;
	struct json_writer answer;

	if (!query_read(context, &query, error) ||
	    !meeting_events_list(context->service, context->arena, &act, context_parameter(context),
		&query, &events, error))
		return false;
	answer = json_writer_new(context->arena, (events.count + 1) * EVENT_TEXT);
	json_write_object(&answer, NULL);
	json_write_array(&answer, "events");
	for (size_t i = 0; i < events.count; i++)
		event_write(&answer, &events.list[i]);
	json_close_array(&answer);
	json_write_integer(&answer, "upTo", events.up_to);
	json_close_object(&answer);
	response_written(context->response, &answer);
	return true;
}
