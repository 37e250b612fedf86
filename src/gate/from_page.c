/* What the page says in a session: it is checked, and goes to Janus under the session's identity.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "gate/echo_places.h"
#include "gate/events.h"
#include "gate/pool.h"
#include "gate/session_inside.h"

/* A join token that is newer: the same person, for longer. */
bool session_renew(struct session *session, const char *token, struct refusal *refusal)
{
	struct identity newer;
	bool good;

	/* A test is over before its token expires. */
	if (token == NULL || session->identity.is_echo ||
	    strcmp(token, session->identity.token) == 0)
		return true;
	good = identity_read(session->gate, token, &newer, refusal) &&
	       (identity_same(&session->identity, &newer) ||
		   refuse(refusal, REFUSED_IDENTITY, "This join token is somebody else's."));
	if (good && newer.expiry > session->identity.expiry) {
		struct identity older = session->identity;

		session->identity = newer;
		newer = older;
		pool_ask(session->gate->pool, session);
		session_timer_update(session);
	}
	identity_clear(&newer);
	return good;
}

/* What people may say who wait for a moderator. */
static bool waiting_heard(
    struct session *session, const struct message *message, struct refusal *refusal)
{
	switch (message->verb) {
	case VERB_KEEPALIVE:
		session_deliver(session, answer_new("ack", message->transaction));
		return true;
	case VERB_DESTROY:
		session_deliver(session, answer_new("success", message->transaction));
		session_end(session, WEBSOCKET_NORMAL, "destroyed");
		return true;
	case VERB_CREATE:
		if (session->hello != NULL)
			break;
		session->create_wanted = true;
		session->hello = strdup(message->transaction);
		return true;
	default:
		break;
	}
	return refuse(refusal, REFUSED_IDENTITY, "You wait to be admitted.");
}

/* May it have one more handle? */
static bool handle_has_room(const struct session *session)
{
	return handles_have_room(&session->handles,
	    session->identity.is_echo ? ECHO_HANDLES : session->gate->config->gate_handles);
}

/* What the table cannot know: what this session has already. */
static bool message_check(
    struct session *session, const struct message *message, struct refusal *refusal)
{
	switch (message->verb) {
	case VERB_CONFAB:
	case VERB_CLAIM:
		return refuse(refusal, REFUSED_VERB, "This connection has said whose it is.");
	case VERB_CREATE:
		return (session->janus_id == 0 && session->creating == 0) ||
		       refuse(refusal, REFUSED_LIMIT, "There is a session already.");
	case VERB_ATTACH:
		return handle_has_room(session) ||
		       refuse(refusal, REFUSED_LIMIT, "There are too many handles.");
	case VERB_DETACH:
	case VERB_TRICKLE:
	case VERB_HANGUP:
	case VERB_MESSAGE:
		if (message->handle == 0 || handles_have(&session->handles, message->handle))
			return true;
		/* Which ones there are Janus alone knows, and it looks within the session. */
		if (session->claimed && handle_has_room(session)) {
			handles_add(&session->handles, message->handle);
			return true;
		}
		return refuse(refusal, REFUSED_HANDLE, "There is no such handle.");
	case VERB_KEEPALIVE:
	case VERB_DESTROY:
		break;
	}
	return true;
}

static void message_note(struct session *session, const struct message *message)
{
	session->kept_at = loop_now(session->gate->loop);
	if (message->verb == VERB_CREATE)
		session->creating = transaction_hash(message->transaction);
	else if (message->verb == VERB_ATTACH)
		handles_attach(&session->handles, transaction_hash(message->transaction));
	else if (message->verb == VERB_DESTROY)
		session->leaving = true;
}

static bool message_forward(
    struct session *session, const struct message *message, struct refusal *refusal)
{
	const struct speaker speaker = {.room = session->identity.room,
	    .participant = session->identity.participant,
	    .name = session->identity.name,
	    .core_token = identity_core_token(session->gate, &session->identity),
	    .room_token = identity_room_token(session->gate, &session->identity),
	    .session = session->janus_id,
	    .role = session->identity.role,
	    .is_echo = session->identity.is_echo,
	    .message_max = (size_t)session->gate->config->gate_message_max};
	const char *text;

	if (message->verb == VERB_KEEPALIVE && session->janus_id == 0) {
		session_deliver(session, answer_new("ack", message->transaction));
		return true;
	}
	if (!message_check(session, message, refusal) ||
	    !message_rewrite(session->gate->arena, &speaker, message, &text, refusal))
		return false;
	if (message->verb != VERB_KEEPALIVE &&
	    outbox_request_is_repeated(&session->outbox, message->transaction))
		return true; /* its answer has been sent again, or is still to come */
	message_note(session, message);
	janus_side_send(&session->janus, text);
	return true;
}

void session_page_heard(struct session *session, const struct message *message)
{
	struct refusal refusal;
	bool good = session_renew(session, message->token, &refusal);

	if (good && session->state == SESSION_WAITING)
		good = waiting_heard(session, message, &refusal);
	else if (good && session->state == SESSION_IN)
		good = message_forward(session, message, &refusal);
	if (!good)
		session_refuse(session, message->transaction, &refusal);
}

void session_page_lost(struct session *session, bool clean)
{
	session->client = NULL;
	if (clean || session->identity.is_echo || session->state != SESSION_IN ||
	    session->janus_id == 0 || session->leaving) {
		session_end(session, WEBSOCKET_GOING_AWAY, "left");
		return;
	}
	session->lost_at = loop_now(session->gate->loop);
	session->lost_wall = clock_now();
	session->was_lost = true;
	events_note(session->gate->events, session, "lost", session->lost_wall);
	session_timer_update(session);
}
