/* The first message of a connection: it comes back to a session, or makes one. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "gate/echo.h"
#include "gate/events.h"
#include "gate/pool.h"
#include "gate/room.h"
#include "gate/session_inside.h"

/* Sends again what the page has not got. */
static void outbox_replay(struct session *session, int64_t seen)
{
	for (const struct kept *kept = session->outbox.first; kept != NULL; kept = kept->next) {
		if (kept->number > seen)
			client_send(session->client, kept->text, kept->len);
	}
	client_confirm_soon(session->client);
}

/* Comes back to a session that the gate has kept, or takes it from an older connection. */
static void session_resume(
    struct session *session, struct client *client, const struct message *message)
{
	struct client *older = session->client;
	bool all = outbox_has_after(&session->outbox, message->seen);
	struct json_object *answer;
	struct refusal refusal;
	const char *text;

	session->client = client;
	client->session = session;
	if (older != NULL) {
		older->session = NULL;
		client_close(older, CLOSE_REPLACED, "replaced");
	}
	if (session->was_lost)
		events_note(session->gate->events, session, "back", clock_now());
	session->was_lost = false;
	session->lost_at = session->hangup_at = 0;
	session->numbered = true;
	outbox_come_back(&session->outbox);
	session_renew(session, message->token, &refusal); /* it has been verified */
	answer = answer_new("confab", message->transaction);
	json_add_text(answer, "state", "admitted");
	json_add_text(answer, "role", role_name(session->identity.role));
	json_add_boolean(answer, "resumed", all);
	json_add_integer(answer, "session_id", PAGE_SESSION);
	json_add_integer(answer, "last", session->outbox.number);
	text = json_text(answer);
	client_send(client, text, strlen(text));
	json_object_put(answer);
	outbox_replay(session, all ? message->seen : INT64_MAX);
	session_timer_update(session);
}

/* Are there too many connections of this person? One that is lost makes room for a new one. */
static bool crowd_check(struct gate *gate, const struct identity *identity, struct refusal *refusal)
{
	struct room *room = room_find(gate, identity->room);
	struct session *lost = NULL;
	int64_t of_participant = 0, of_attendee = 0;

	for (struct session *one = room == NULL ? NULL : room->sessions; one != NULL;
	     one = one->next) {
		of_attendee += strcmp(one->identity.attendee, identity->attendee) == 0;
		if (strcmp(one->identity.participant, identity->participant) != 0)
			continue;
		of_participant++;
		if (one->lost_at != 0)
			lost = one;
	}
	if (of_participant >= gate->config->gate_participant_max && lost != NULL) {
		session_end(lost, CLOSE_REPLACED, "replaced");
		of_participant--;
		of_attendee--;
	}
	return (of_participant < gate->config->gate_participant_max &&
		   of_attendee < gate->config->gate_attendee_max) ||
	       refuse(refusal, REFUSED_LIMIT, "There are too many connections of this person.");
}

bool session_hello(struct gate *gate, struct client *client, const struct message *message,
    struct identity *identity, struct refusal *refusal)
{
	int64_t old = message->ticket == NULL || message->echo
			  ? 0
			  : ticket_open(gate, identity, message->ticket);
	struct session *session = old == 0 ? NULL : session_by_janus(gate, old);

	if (session != NULL && session->state == SESSION_IN &&
	    identity_same(&session->identity, identity)) {
		session_resume(session, client, message);
		identity_clear(identity);
		return true;
	}
	identity->is_echo = message->echo;
	if (!(message->echo ? echo_may_begin(gate, identity, refusal)
			    : crowd_check(gate, identity, refusal)))
		return false;
	session_new(gate, client, identity, message, old);
	return true;
}
