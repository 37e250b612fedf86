/* Coming in: the service's verdict, Janus' connection, and the answer to the page. */
#include <stdlib.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "gate/echo.h"
#include "gate/ledger.h"
#include "gate/room.h"
#include "gate/room_notice.h"
#include "gate/session_inside.h"

enum {
	JSON_OWN_START = 512, /* bytes that a message of the gate has room for at first */
};

static void session_open(struct session *session)
{
	struct refusal refusal;

	if (session->identity.is_echo && !echo_place_find(session, &refusal)) {
		session_refuse(session, session->hello, &refusal);
		session_end(session, CLOSE_LIMIT, refusal.reason);
		return;
	}
	session->state = SESSION_OPENING;
	if (session->client != NULL)
		client_hold(session->client);
	janus_side_open(&session->janus, session->gate, session);
}

void session_waiting_tell(struct session *session)
{
	struct json_object *answer;

	if (session->create_wanted) {
		/* Its answer is still to come. */
		answer = answer_new("confab", NULL);
		json_add_text(answer, "state", "waiting");
	} else {
		answer = session_state_new(session, "waiting");
	}
	json_add_boolean(answer, "moderator", room_has_moderator(session->room));
	session_deliver(session, answer);
}

void session_wait(struct session *session)
{
	if (session->state != SESSION_ASKING)
		return;
	session->state = SESSION_WAITING;
	session_waiting_tell(session);
	client_release(session->client);
}

void session_verdict(struct session *session, enum verdict verdict, enum role role, int64_t seq)
{
	struct gate *gate = session->gate;

	session->confirmed = true;
	switch (verdict) {
	case VERDICT_REMOVED:
		ledger_note(gate->ledger, LEDGER_REMOVED, session->identity.room,
		    session->identity.attendee);
		session_tell_end(session, "removed", CLOSE_REMOVED);
		return;
	case VERDICT_ENDED:
		session_tell_end(session, "ended", CLOSE_ENDED);
		return;
	case VERDICT_WAITING:
		if (session->identity.is_echo)
			break; /* people test while they wait, too */
		if (session->state == SESSION_ASKING && session->claim != 0) {
			/* It has media until Janus' session ends. */
			session->claim_ends = true;
			session_open(session);
			return;
		}
		/* Let in while the service was away: coming back it waits. */
		if (session->state != SESSION_ASKING && session->state != SESSION_WAITING)
			session_tell_end(session, "waiting", WEBSOCKET_RESTART);
		else
			session_wait(session);
		return;
	case VERDICT_ADMITTED:
		break;
	}
	if (session_expired(session)) {
		session_tell_end(session, "expired", CLOSE_TOKEN);
		return;
	}
	if (session->identity.is_echo) {
		if (session->state == SESSION_ASKING)
			session_open(session);
		return;
	}
	ledger_note(
	    gate->ledger, LEDGER_ADMITTED, session->identity.room, session->identity.attendee);
	if (role != session->identity.role) {
		session->identity.role = role;
		room_notice_moderator(session->room);
	}
	if (seq >= 0 && session->event_seq < 0) {
		room_seq_set(session->room, seq);
		session->event_seq = seq;
	}
	if (session->state == SESSION_ASKING || session->state == SESSION_WAITING)
		session_open(session);
}

void session_unanswered(struct session *session)
{
	const struct identity *identity = &session->identity;
	enum ledger_entry entry;

	/* A person that the service has told to wait goes on waiting. */
	if (session->state != SESSION_ASKING &&
	    (session->state != SESSION_WAITING || session->confirmed))
		return;
	entry = ledger_find(session->gate->ledger, identity->room, identity->attendee);
	if (entry == LEDGER_REMOVED)
		session_tell_end(session, "removed", CLOSE_REMOVED);
	else if (entry == LEDGER_ENDED)
		session_tell_end(session, "ended", CLOSE_ENDED);
	else if (entry == LEDGER_ADMITTED || identity->is_open || identity->is_echo)
		session_open(session);
	else
		session_wait(session);
}

/* The page is in: tells it, and goes on with what it has sent. */
void session_enter(struct session *session)
{
	struct json_object *answer;

	session->state = SESSION_IN;
	if (!session->identity.is_echo)
		echo_end_of(session->gate, &session->identity);
	if (session->identity.role == ROLE_MODERATOR)
		room_notice_moderator(session->room);
	if (session->create_wanted) {
		struct json_writer writer = json_writer_new(session->gate->arena, JSON_OWN_START);
		struct message create;
		struct refusal refusal;

		json_write_object(&writer, NULL);
		json_write_text(&writer, "janus", "create");
		json_write_text(&writer, "transaction", session->hello);
		json_close_object(&writer);
		session->create_wanted = false;
		free(session->hello);
		session->hello = NULL;
		if (message_read(session->gate->arena, writer.buffer.text, writer.buffer.len,
			&create, &refusal))
			session_page_heard(session, &create);
	} else {
		answer = session_state_new(session, "admitted");
		json_add_text(answer, "role", role_name(session->identity.role));
		json_add_boolean(answer, "resumed", false);
		json_add_boolean(answer, "claimed", session->janus_id != 0);
		if (session->janus_id != 0)
			json_add_integer(answer, "session_id", PAGE_SESSION);
		if (session->event_seq >= 0)
			json_add_integer(answer, "seq", session->event_seq);
		session_deliver(session, answer);
	}
	if (session->state == SESSION_IN && session->client != NULL)
		client_release(session->client);
}

void session_janus_opened(struct session *session)
{
	if (session->claim != 0) {
		session->state = SESSION_CLAIMING;
		session_janus_say(session, "claim", OWN_TRANSACTION);
	} else {
		session_enter(session);
	}
}
