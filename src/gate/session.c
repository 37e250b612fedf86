/* One stay of a person in a meeting. */
#include "gate/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "gate/events.h"
#include "gate/ledger.h"
#include "gate/pool.h"
#include "gate/room.h"

enum {
	PAGE_SESSION = 1,     /* what pages get as the session's id: the real one is a secret */
	ID_SIZE = 24,         /* bytes of an id in decimal, NUL included */
	JSON_OWN_START = 512, /* bytes that a message of the gate has room for at first */
};

/* Of what the gate itself says to Janus. */
#define OWN_TRANSACTION "confab-gate"
#define END_TRANSACTION "confab-gate-end"
#define END_PATIENCE    (5 * SECOND)
#define HANGUP_PATIENCE (3 * SECOND)
#define KEEPALIVE_EVERY (20 * SECOND) /* Janus gives a session up after 60 s */
#define EXPIRY_PATIENCE (60 * SECOND)
#define WAIT_ASK_EVERY  (30 * SECOND) /* should an event be lost */

static const char *id_write(int64_t id, char text[static ID_SIZE])
{
	snprintf(text, ID_SIZE, "%" PRId64, id);
	return text;
}

static struct session *session_by_janus(const struct gate *gate, int64_t id)
{
	char text[ID_SIZE];
	void *session = NULL;

	lh_table_lookup_ex(gate->sessions, id_write(id, text), &session);
	return session;
}

static void janus_id_set(struct session *session, int64_t id)
{
	char text[ID_SIZE];

	session->janus_id = id;
	lh_table_insert(session->gate->sessions, strdup(id_write(id, text)), session);
}

static void session_free(void *object)
{
	struct session *session = object;

	identity_clear(&session->identity);
	outbox_clear(&session->outbox);
	free(session->handles);
	free(session->attaching);
	free(session->hello);
	free(session);
}

static bool expired(const struct session *session)
{
	return clock_now() >= session->identity.expiry + EXPIRY_PATIENCE;
}

/* Sets the timer to what comes next. */
static void timer_update(struct session *session)
{
	int64_t now = loop_now(session->gate->loop), due = now + KEEPALIVE_EVERY;
	int64_t left = session->identity.expiry + EXPIRY_PATIENCE - clock_now();

	if (session->lost_at != 0 && session->lost_at + session->gate->config->gate_keep < due)
		due = session->lost_at + session->gate->config->gate_keep;
	if (session->hangup_at != 0 && session->hangup_at + HANGUP_PATIENCE < due)
		due = session->hangup_at + HANGUP_PATIENCE;
	if (left > 0 && now + left < due)
		due = now + left;
	timer_set(session->gate->loop, &session->timer, due);
}

static void janus_say(struct session *session, const char *verb, const char *transaction)
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
static void session_bury(struct session *session)
{
	janus_side_close(&session->janus);
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
	if ((session->lost_at != 0 && now >= session->lost_at + gate->config->gate_keep) ||
	    (session->hangup_at != 0 && now >= session->hangup_at + HANGUP_PATIENCE)) {
		session_end(session, WEBSOCKET_GOING_AWAY, "lost");
		return;
	}
	/* The answer decides: while there is none the call goes on. */
	if (expired(session) ||
	    (session->state == SESSION_WAITING && now >= session->asked_at + WAIT_ASK_EVERY))
		pool_ask(gate->pool, session);
	if (session->state == SESSION_IN && session->janus_id != 0 && session->lost_at != 0 &&
	    now >= session->kept_at + KEEPALIVE_EVERY)
		janus_say(session, "keepalive", OWN_TRANSACTION);
	timer_update(session);
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

static struct json_object *answer_new(const char *janus, const char *transaction)
{
	struct json_object *answer = json_object_new_object();

	json_add_text(answer, "janus", janus);
	if (transaction != NULL)
		json_add_text(answer, "transaction", transaction);
	return answer;
}

/* What the gate says of the stay; the answer to the hello if that has none yet. */
static struct json_object *state_new(struct session *session, const char *state)
{
	struct json_object *answer = answer_new("confab", session->hello);

	json_add_text(answer, "state", state);
	free(session->hello);
	session->hello = NULL;
	return answer;
}

static void refusal_deliver(
    struct session *session, const char *transaction, const struct refusal *refusal)
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
	janus_say(session, "destroy", END_TRANSACTION);
	timer_set(
	    session->gate->loop, &session->timer, loop_now(session->gate->loop) + END_PATIENCE);
}

void session_end(struct session *session, uint16_t code, const char *reason)
{
	struct gate *gate = session->gate;
	struct client *client = session->client;
	char text[ID_SIZE];

	if (session->state == SESSION_OVER)
		return;
	session->state = SESSION_OVER;
	if (session->was_lost)
		events_note(gate->events, session, "left", session->lost_wall);
	pool_forget(gate->pool, session);
	if (session->janus_id != 0)
		lh_table_delete(gate->sessions, id_write(session->janus_id, text));
	room_remove(session);
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

void session_dismiss(struct session *session, const char *state, uint16_t code)
{
	if (session->create_wanted) {
		struct refusal refusal = {.code = REFUSED_IDENTITY};

		snprintf(refusal.reason, sizeof refusal.reason, "%s", state);
		refusal_deliver(session, session->hello, &refusal);
	} else {
		session_deliver(session, state_new(session, state));
	}
	session_end(session, code, state);
}

static void session_open(struct session *session)
{
	session->state = SESSION_OPENING;
	if (session->client != NULL)
		client_hold(session->client);
	janus_side_open(&session->janus, session->gate, session);
}

static void session_wait(struct session *session)
{
	struct json_object *answer;

	if (session->state != SESSION_ASKING)
		return;
	session->state = SESSION_WAITING;
	if (session->create_wanted) {
		/* Its answer is still to come. */
		answer = answer_new("confab", NULL);
		json_add_text(answer, "state", "waiting");
	} else {
		answer = state_new(session, "waiting");
	}
	session_deliver(session, answer);
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
		session_dismiss(session, "removed", CLOSE_REMOVED);
		return;
	case VERDICT_ENDED:
		session_dismiss(session, "ended", CLOSE_ENDED);
		return;
	case VERDICT_WAITING:
		/* Let in while the service was away: coming back it waits. */
		if (session->state != SESSION_ASKING && session->state != SESSION_WAITING)
			session_dismiss(session, "waiting", WEBSOCKET_RESTART);
		else
			session_wait(session);
		return;
	case VERDICT_ADMITTED:
		break;
	}
	if (expired(session)) {
		session_dismiss(session, "expired", CLOSE_TOKEN);
		return;
	}
	ledger_note(
	    gate->ledger, LEDGER_ADMITTED, session->identity.room, session->identity.attendee);
	session->identity.role = role;
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

	/* Whom the service has told to wait goes on waiting. */
	if (session->state != SESSION_ASKING &&
	    (session->state != SESSION_WAITING || session->confirmed))
		return;
	entry = ledger_find(session->gate->ledger, identity->room, identity->attendee);
	if (entry == LEDGER_REMOVED)
		session_dismiss(session, "removed", CLOSE_REMOVED);
	else if (entry == LEDGER_ENDED)
		session_dismiss(session, "ended", CLOSE_ENDED);
	else if (entry == LEDGER_ADMITTED || identity->is_open)
		session_open(session);
	else
		session_wait(session);
}

/* The page is in: tells it, and goes on with what it has sent. */
static void session_enter(struct session *session)
{
	struct json_object *answer;

	session->state = SESSION_IN;
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
		answer = state_new(session, "admitted");
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
		janus_say(session, "claim", OWN_TRANSACTION);
	} else {
		session_enter(session);
	}
}

void session_janus_lost(struct session *session)
{
	if (session->state == SESSION_OVER)
		session_bury(session);
	else
		session_end(session, WEBSOCKET_RESTART, "the media server is away");
}

static void handle_remove(struct session *session, int64_t handle)
{
	for (unsigned i = 0; i < session->handle_count; i++) {
		if (session->handles[i] == handle)
			session->handles[i] = session->handles[--session->handle_count];
	}
}

static bool handle_known(const struct session *session, int64_t handle)
{
	for (unsigned i = 0; i < session->handle_count; i++) {
		if (session->handles[i] == handle)
			return true;
	}
	return false;
}

static bool handle_room(const struct session *session)
{
	return session->handle_count + session->attaching_count <
	       (unsigned)session->gate->config->gate_handles;
}

static void handle_add(struct session *session, int64_t handle)
{
	session->handles =
	    realloc(session->handles, (session->handle_count + 1) * sizeof *session->handles);
	if (session->handles == NULL)
		abort();
	session->handles[session->handle_count++] = handle;
}

static void attaching_add(struct session *session, const char *transaction)
{
	session->attaching = realloc(
	    session->attaching, (session->attaching_count + 1) * sizeof *session->attaching);
	if (session->attaching == NULL)
		abort();
	session->attaching[session->attaching_count++] = transaction_hash(transaction);
}

/* Was an `attach` under way with this transaction? */
static bool attaching_take(struct session *session, uint32_t hash)
{
	for (unsigned i = 0; i < session->attaching_count; i++) {
		if (session->attaching[i] == hash) {
			session->attaching[i] = session->attaching[--session->attaching_count];
			return true;
		}
	}
	return false;
}

/* Janus' answer to what the gate itself said. */
static void own_heard(struct session *session, const char *janus)
{
	if (session->state != SESSION_CLAIMING)
		return;
	if (strcmp(janus, "success") == 0) {
		janus_id_set(session, session->claim);
		session->claimed = true;
	}
	session->claim = 0; /* else it is too late: the page starts anew */
	session_enter(session);
}

/* The session was made: the page gets a ticket in place of its id. */
static void created_heard(struct session *session, struct json_object *message)
{
	struct json_object *data = json_member(message, "data", json_type_object);
	int64_t id;

	session->creating = 0;
	if (!json_integer_member(data, "id", &id))
		return;
	janus_id_set(session, id);
	json_object_object_add(data, "id", json_object_new_int64(PAGE_SESSION));
	json_object_object_add(data, "ticket",
	    json_object_new_string(ticket_seal(session->gate, &session->identity, id)));
}

/* Janus names sessions in its reasons. */
static void error_clean(struct session *session, struct json_object *message)
{
	struct json_object *error = json_member(message, "error", json_type_object);
	const char *reason = json_text_member(error, "reason");
	char id[ID_SIZE];

	if (reason != NULL && strstr(reason, id_write(session->janus_id, id)) != NULL)
		json_object_object_add(
		    error, "reason", json_object_new_string("This is not there any more."));
}

static void session_observe(struct session *session, const char *janus, const char *transaction,
    struct json_object *message)
{
	uint32_t hash = transaction == NULL ? 0 : transaction_hash(transaction);
	struct json_object *data = json_member(message, "data", json_type_object);
	int64_t id = 0;

	if (hash != 0 && hash == session->creating) {
		created_heard(session, message);
	} else if (hash != 0 && attaching_take(session, hash)) {
		if (json_integer_member(data, "id", &id))
			handle_add(session, id);
	} else if (strcmp(janus, "detached") == 0) {
		if (json_integer_member(message, "sender", &id))
			handle_remove(session, id);
	} else if (strcmp(janus, "hangup") == 0 && session->lost_at != 0 &&
		   session->hangup_at == 0) {
		session->hangup_at = loop_now(session->gate->loop);
		timer_update(session);
	} else if (strcmp(janus, "error") == 0) {
		error_clean(session, message);
	}
}

/* Hands a message of Janus' to the page. Takes it over. */
static void page_tell(struct session *session, const char *janus, struct json_object *message)
{
	bool timed_out = strcmp(janus, "timeout") == 0;
	bool destroyed = session->leaving && strcmp(janus, "success") == 0;

	if (json_object_object_get_ex(message, "session_id", NULL))
		json_object_object_add(message, "session_id", json_object_new_int64(PAGE_SESSION));
	session_deliver(session, message);
	session->destroyed = timed_out || destroyed;
	if (session->destroyed)
		session_end(session, WEBSOCKET_NORMAL, timed_out ? "timeout" : "destroyed");
}

void session_janus_heard(struct session *session, const char *text)
{
	struct json_object *message = json_tokener_parse(text);
	const char *janus = json_text_member(message, "janus");
	const char *transaction = json_text_member(message, "transaction");
	bool is_own = transaction != NULL && strcmp(transaction, OWN_TRANSACTION) == 0;
	bool is_end = transaction != NULL && strcmp(transaction, END_TRANSACTION) == 0;

	if (janus == NULL) {
		log_event("warning", "Janus has sent what cannot be read");
	} else if (session->state == SESSION_OVER) {
		if (is_end)
			session_bury(session);
	} else if (is_own) {
		own_heard(session, janus);
	} else {
		session_observe(session, janus, transaction, message);
		page_tell(session, janus, message);
		return;
	}
	json_object_put(message);
}

/* A join token that is newer: the same person, for longer. */
static bool session_renew(struct session *session, const char *token, struct refusal *refusal)
{
	struct identity newer;
	bool good;

	if (token == NULL || strcmp(token, session->identity.token) == 0)
		return true;
	good = identity_read(session->gate, token, &newer, refusal) &&
	       (identity_same(&session->identity, &newer) ||
		   refuse(refusal, REFUSED_IDENTITY, "This join token is somebody else's."));
	if (good && newer.expiry > session->identity.expiry) {
		struct identity older = session->identity;

		session->identity = newer;
		newer = older;
		pool_ask(session->gate->pool, session);
		timer_update(session);
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
		return handle_room(session) ||
		       refuse(refusal, REFUSED_LIMIT, "There are too many handles.");
	case VERB_DETACH:
	case VERB_TRICKLE:
	case VERB_HANGUP:
	case VERB_MESSAGE:
		if (message->handle == 0 || handle_known(session, message->handle))
			return true;
		/* Which ones there are Janus alone knows, and it looks within the session. */
		if (session->claimed && handle_room(session)) {
			handle_add(session, message->handle);
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
		attaching_add(session, message->transaction);
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
		refusal_deliver(session, message->transaction, &refusal);
}

void session_page_lost(struct session *session, bool clean)
{
	session->client = NULL;
	if (clean || session->state != SESSION_IN || session->janus_id == 0 || session->leaving) {
		session_end(session, WEBSOCKET_GOING_AWAY, "left");
		return;
	}
	session->lost_at = loop_now(session->gate->loop);
	session->lost_wall = clock_now();
	session->was_lost = true;
	events_note(session->gate->events, session, "lost", session->lost_wall);
	timer_update(session);
}

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
	timer_update(session);
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
	int64_t old = message->ticket == NULL ? 0 : ticket_open(gate, identity, message->ticket);
	struct session *session = old == 0 ? NULL : session_by_janus(gate, old);

	if (session != NULL && session->state == SESSION_IN &&
	    identity_same(&session->identity, identity)) {
		session_resume(session, client, message);
		identity_clear(identity);
		return true;
	}
	if (!crowd_check(gate, identity, refusal))
		return false;
	session = calloc(1, sizeof *session);
	if (session == NULL)
		abort();
	session->gate = gate;
	session->identity = *identity;
	*identity = (struct identity){0};
	session->state = SESSION_ASKING;
	session->claim = old;
	session->numbered = message->verb != VERB_CREATE;
	session->create_wanted = message->verb == VERB_CREATE;
	session->hello = strdup(message->transaction);
	session->client = client;
	session->event_seq = -1;
	session->since = clock_now();
	session->timer = (struct timer){.fire = session_fire, .owner = session};
	client->session = session;
	client_hold(client);
	room_add(session);
	timer_update(session);
	pool_ask(gate->pool, session);
	return true;
}
