/* One stay of a person in a meeting: its life, and the messages to its page. */
#include "gate/session_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "gate/echo.h"
#include "gate/echo_places.h"
#include "gate/events.h"
#include "gate/pool.h"
#include "gate/room.h"
#include "gate/room_notice.h"

enum {
	JSON_OWN_START = 512, /* bytes that a message of the gate has room for at first */
};

#define END_PATIENCE    (5 * SECOND)
#define HANGUP_PATIENCE (3 * SECOND)
#define KEEPALIVE_EVERY (20 * SECOND) /* Janus gives a session up after 60 s */
#define EXPIRY_PATIENCE (60 * SECOND)
#define WAIT_ASK_EVERY  (30 * SECOND) /* should an event be lost */

const char *janus_id_write(int64_t id, char text[static JANUS_ID_SIZE])
{
	snprintf(text, JANUS_ID_SIZE, "%" PRId64, id);
	return text;
}

struct session *session_by_janus(const struct gate *gate, int64_t id)
{
	char text[JANUS_ID_SIZE];
	void *session = NULL;

	lh_table_lookup_ex(gate->sessions, janus_id_write(id, text), &session);
	return session;
}

void session_janus_id_set(struct session *session, int64_t id)
{
	char text[JANUS_ID_SIZE];

	session->janus_id = id;
	lh_table_insert(session->gate->sessions, strdup(janus_id_write(id, text)), session);
}

static void session_free(void *object)
{
	struct session *session = object;

	identity_clear(&session->identity);
	outbox_clear(&session->outbox);
	handles_clear(&session->handles);
	free(session->hello);
	free(session);
}

bool session_expired(const struct session *session)
{
	return clock_now() >= session->identity.expiry + EXPIRY_PATIENCE;
}

/* Sets the timer to what comes next. */
void session_timer_update(struct session *session)
{
	int64_t now = loop_now(session->gate->loop), due = now + KEEPALIVE_EVERY;
	int64_t left = session->identity.expiry + EXPIRY_PATIENCE - clock_now();

	if (session->lost_at != 0 && session->lost_at + session->gate->config->gate_keep < due)
		due = session->lost_at + session->gate->config->gate_keep;
	if (session->hangup_at != 0 && session->hangup_at + HANGUP_PATIENCE < due)
		due = session->hangup_at + HANGUP_PATIENCE;
	if (left > 0 && now + left < due)
		due = now + left;
	if (session->identity.is_echo && session->begun_at + ECHO_LIFE < due)
		due = session->begun_at + ECHO_LIFE;
	timer_set(session->gate->loop, &session->timer, due);
}

void session_janus_say(struct session *session, const char *verb, const char *transaction)
{
	struct json_writer writer = json_writer_new(session->gate->arena, JSON_OWN_START);

	json_write_object(&writer, NULL);
	json_write_text(&writer, "janus", verb);
	json_write_text(&writer, "transaction", transaction);
	json_write_text(&writer, "token", identity_core_token(session->gate, &session->identity));
	json_write_integer(
	    &writer, "session_id", session->janus_id != 0 ? session->janus_id : session->claim);
	json_close_object(&writer);
	janus_side_send(&session->janus, writer.buffer.text);
	session->kept_at = loop_now(session->gate->loop);
}

/* The last of it. */
void session_bury(struct session *session)
{
	janus_side_close(&session->janus);
	if (session->identity.role != ROLE_SUBSCRIBER && !session->identity.is_echo)
		room_notice_change(room_find(session->gate, session->identity.room));
	timer_stop(session->gate->loop, &session->timer);
	loop_later(session->gate->loop, session_free, session);
}

static void session_fire(void *owner)
{
	struct session *session = owner;
	const struct gate *gate = session->gate;
	int64_t now = loop_now(gate->loop);

	if (session->state == SESSION_OVER) {
		session_bury(session);
		return;
	}
	if (session->identity.is_echo && now >= session->begun_at + ECHO_LIFE) {
		session_end(session, CLOSE_LIMIT, "the test took too long");
		return;
	}
	if ((session->lost_at != 0 && now >= session->lost_at + gate->config->gate_keep) ||
	    (session->hangup_at != 0 && now >= session->hangup_at + HANGUP_PATIENCE)) {
		session_end(session, WEBSOCKET_GOING_AWAY, "lost");
		return;
	}
	/* The answer decides: while there is none the call goes on. */
	if (session_expired(session) ||
	    (session->state == SESSION_WAITING && now >= session->asked_at + WAIT_ASK_EVERY))
		pool_ask(gate->pool, session);
	if (session->state == SESSION_IN && session->janus_id != 0 && session->lost_at != 0 &&
	    now >= session->kept_at + KEEPALIVE_EVERY)
		session_janus_say(session, "keepalive", OWN_TRANSACTION);
	session_timer_update(session);
}

struct session *session_new(struct gate *gate, struct client *client, struct identity *identity,
    const struct message *hello, int64_t claim)
{
	struct session *session = calloc(1, sizeof *session);

	if (session == NULL)
		abort();
	session->gate = gate;
	session->identity = *identity;
	*identity = (struct identity){0};
	session->state = SESSION_ASKING;
	session->claim = claim;
	session->numbered = hello->verb != VERB_CREATE;
	session->create_wanted = hello->verb == VERB_CREATE;
	session->hello = strdup(hello->transaction);
	session->client = client;
	session->event_seq = -1;
	session->since = clock_now();
	session->begun_at = loop_now(gate->loop);
	session->timer = (struct timer){.fire = session_fire, .owner = session};
	client->session = session;
	client_hold(client);
	if (session->identity.is_echo)
		echo_add(session);
	else
		room_add(session);
	session_timer_update(session);
	pool_ask(gate->pool, session);
	return session;
}

void session_deliver(struct session *session, struct json_object *message)
{
	const char *text;
	size_t len;

	session->outbox.number++;
	if (session->numbered)
		json_object_object_add(message, "n", json_object_new_int64(session->outbox.number));
	text = json_text(message);
	len = strlen(text);
	if (session->numbered)
		outbox_keep(&session->outbox, text, len);
	if (session->client != NULL) {
		client_send(session->client, text, len);
		if (session->numbered)
			client_confirm_soon(session->client);
	}
	json_object_put(message);
}

struct json_object *answer_new(const char *janus, const char *transaction)
{
	struct json_object *answer = json_object_new_object();

	json_add_text(answer, "janus", janus);
	if (transaction != NULL)
		json_add_text(answer, "transaction", transaction);
	return answer;
}

/* What the gate says of the stay; the answer to the hello if that has none yet. */
struct json_object *session_state_new(struct session *session, const char *state)
{
	struct json_object *answer = answer_new("confab", session->hello);

	json_add_text(answer, "state", state);
	free(session->hello);
	session->hello = NULL;
	return answer;
}

void session_refuse(struct session *session, const char *transaction, const struct refusal *refusal)
{
	struct json_object *answer = answer_new("error", transaction);
	struct json_object *error = json_object_new_object();

	session->gate->counts.refused++;
	json_add_integer(error, "code", refusal->code);
	json_add_text(error, "reason", refusal->reason);
	json_object_object_add(answer, "error", error);
	session_deliver(session, answer);
}

const char *session_state_name(const struct session *session)
{
	switch (session->state) {
	case SESSION_ASKING:
		return "asking";
	case SESSION_WAITING:
		return "waiting";
	case SESSION_OPENING:
	case SESSION_CLAIMING:
	case SESSION_IN:
	case SESSION_OVER:
		break;
	}
	return session->lost_at != 0 ? "lost" : "in";
}

/* Has Janus' session ended, and frees this one. A connection that is closed behind a message may
 * take it along unread: Janus' answer comes first. */
static void session_destroy(struct session *session)
{
	bool has_session = session->janus_id != 0 || session->claim != 0;

	if (!has_session || session->destroyed || session->janus.state != JANUS_OPEN) {
		session_bury(session);
		return;
	}
	session_janus_say(session, "destroy", END_TRANSACTION);
	timer_set(
	    session->gate->loop, &session->timer, loop_now(session->gate->loop) + END_PATIENCE);
}

void session_end(struct session *session, uint16_t code, const char *reason)
{
	struct gate *gate = session->gate;
	struct client *client = session->client;
	char text[JANUS_ID_SIZE];

	if (session->state == SESSION_OVER)
		return;
	session->state = SESSION_OVER;
	if (session->was_lost)
		events_note(gate->events, session, "left", session->lost_wall);
	pool_forget(gate->pool, session);
	if (session->janus_id != 0)
		lh_table_delete(gate->sessions, janus_id_write(session->janus_id, text));
	if (session->identity.is_echo)
		echo_remove(session);
	else
		room_remove(session);
	if (session->identity.role == ROLE_MODERATOR)
		room_notice_moderator(room_find(gate, session->identity.room));
	session->client = NULL;
	if (client != NULL)
		client_close(client, code, reason);
	session_destroy(session);
}

void session_abandon(struct session *session)
{
	session->destroyed = true; /* Janus keeps it */
	session->was_lost = false;
	session_end(session, WEBSOCKET_RESTART, "restart");
}

void session_tell_end(struct session *session, const char *state, uint16_t code)
{
	if (session->create_wanted) {
		struct refusal refusal = {.code = REFUSED_IDENTITY};

		snprintf(refusal.reason, sizeof refusal.reason, "%s", state);
		session_refuse(session, session->hello, &refusal);
	} else {
		session_deliver(session, session_state_new(session, state));
	}
	session_end(session, code, state);
}
