/* What the signalling gate asks: POST /internal/connections, may these people be in their calls?
 * POST /internal/events, what has it missed of a meeting? */
#include "api/request_context.h"
#include "api/routes.h"
#include "auth/join_token.h"
#include "base/clock.h"
#include "base/json.h"
#include "service/entries.h"
#include "service/meeting_events.h"

enum {
	TOKENS_MAX = 500,
	VERDICT_TEXT = 64, /* bytes that one usually takes */
	EVENTS_MAX = 1000,
	EVENT_TEXT = 256, /* the same */
};

/* The gate has verified the token when the page came, and looks at its expiry itself: a token that
 * has run out since then still says who somebody is. */
static struct entrant entrant_of(const struct request_context *context, struct json_object *token)
{
	struct error why = {0};
	struct join_token claims;
	bool good = json_object_is_type(token, json_type_string) &&
		    join_token_verify(context->join_key, context->arena,
			json_object_get_string(token), TIME_NONE, &claims, &why);

	error_clear(&why);
	if (!good)
		return (struct entrant){.session_id = NULL};
	return (struct entrant){
	    .session_id = claims.meeting, .attendee = claims.attendee, .role = claims.role};
}

static void entrant_write(struct json_writer *answer, const struct entrant *entrant)
{
	static const char *const states[] = {[ENTRANT_ADMITTED] = "admitted",
	    [ENTRANT_WAITING] = "waiting",
	    [ENTRANT_REMOVED] = "removed",
	    [ENTRANT_ENDED] = "ended"};

	json_write_object(answer, NULL);
	json_write_text(answer, "state", states[entrant->state]);
	if (entrant->state == ENTRANT_ADMITTED)
		json_write_text(answer, "role", role_name(entrant->role));
	json_write_integer(answer, "seq", entrant->seq);
	json_close_object(answer);
}

bool internal_connections_post(struct request_context *context, struct error *error)
{
	struct json_object *tokens = json_member(context->body, "tokens", json_type_array);
	size_t count = tokens == NULL ? 0 : json_object_array_length(tokens);
	struct entrant *entrants;
	struct json_writer answer;

	if (tokens == NULL || count > TOKENS_MAX)
		return error_fault(error, "/tokens", "type", NULL,
		    "tokens must be an array of at most %d texts.", TOKENS_MAX);
	entrants = arena_alloc(context->arena, (count + 1) * sizeof *entrants);
	for (size_t i = 0; i < count; i++)
		entrants[i] = entrant_of(context, json_object_array_get_idx(tokens, i));
	if (!entries_look(context->service, context->arena, entrants, count, error))
		return false;
	answer = json_writer_new(context->arena, (count + 1) * VERDICT_TEXT);
	json_write_object(&answer, NULL);
	json_write_array(&answer, "connections");
	for (size_t i = 0; i < count; i++)
		entrant_write(&answer, &entrants[i]);
	json_close_array(&answer);
	json_close_object(&answer);
	response_written(context->response, &answer);
	return true;
}

bool internal_events_post(struct request_context *context, struct error *error)
{
	const char *session_id = json_text_member(context->body, "sessionId");
	struct meeting_events events;
	struct json_writer answer;
	int64_t after = 0;

	if (session_id == NULL || !json_integer_member(context->body, "after", &after))
		return error_fault(error, "/sessionId", "required", NULL,
		    "sessionId and after must be there, as text and a number.");
	if (!meeting_events_missed(
		context->service, context->arena, session_id, after, EVENTS_MAX, &events, error))
		return false;
	answer = json_writer_new(context->arena, (events.count + 1) * EVENT_TEXT);
	json_write_object(&answer, NULL);
	json_write_array(&answer, "events");
	for (size_t i = 0; i < events.count; i++)
		meeting_event_write(&answer, session_id, &events.list[i]);
	json_close_array(&answer);
	json_close_object(&answer);
	response_written(context->response, &answer);
	return true;
}
