/* What Janus says in a session: most of it goes to the page, without Janus' own ids. */
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "gate/room_notice.h"
#include "gate/session_inside.h"

void session_janus_lost(struct session *session)
{
	if (session->state == SESSION_OVER)
		session_bury(session);
	else
		session_end(session, WEBSOCKET_RESTART, "the media server is away");
}

/* Janus' answer to what the gate itself said. */
static void own_heard(struct session *session, const char *janus)
{
	if (session->state != SESSION_CLAIMING)
		return;
	if (strcmp(janus, "success") == 0) {
		session_janus_id_set(session, session->claim);
		session->claimed = true;
	}
	session->claim = 0; /* else it is too late: the page starts anew */
	if (!session->claim_ends) {
		session_enter(session);
	} else if (session->claimed) {
		session_tell_end(session, "waiting", WEBSOCKET_RESTART);
	} else {
		session->claim_ends = false;
		janus_side_close(&session->janus);
		session->state = SESSION_ASKING;
		session_wait(session);
	}
}

/* The session was made: the page gets a ticket in place of its id. Nobody comes back to a test. */
static void created_heard(struct session *session, struct json_object *message)
{
	struct json_object *data = json_member(message, "data", json_type_object);
	int64_t id;

	session->creating = 0;
	if (!json_integer_member(data, "id", &id))
		return;
	session_janus_id_set(session, id);
	json_object_object_add(data, "id", json_object_new_int64(PAGE_SESSION));
	if (!session->identity.is_echo)
		json_object_object_add(data, "ticket",
		    json_object_new_string(ticket_seal(session->gate, &session->identity, id)));
}

/* Janus names sessions in its reasons. */
static void error_clean(struct session *session, struct json_object *message)
{
	struct json_object *error = json_member(message, "error", json_type_object);
	const char *reason = json_text_member(error, "reason");
	char id[JANUS_ID_SIZE];

	if (reason != NULL && strstr(reason, janus_id_write(session->janus_id, id)) != NULL)
		json_object_object_add(
		    error, "reason", json_object_new_string("This is not there any more."));
}

/* Notes what a handle does by what the video room says of it: joined, left, or the room is gone. */
static void room_observe(struct session *session, struct json_object *message)
{
	struct json_object *plugin = json_member(message, "plugindata", json_type_object);
	struct json_object *data = json_member(plugin, "data", json_type_object);
	const char *what = json_text_member(data, "videoroom");
	const char *id = json_text_member(data, "id");
	const char *leaving = json_text_member(data, "leaving");
	const char *left = json_text_member(data, "left");
	int64_t handle;

	if (what == NULL || !json_integer_member(message, "sender", &handle))
		return;
	if (strcmp(what, "joined") == 0 && id != NULL)
		handles_use(&session->handles, handle,
		    strcmp(id, session->identity.participant) == 0 ? HANDLE_SENDS : HANDLE_SCREEN);
	else if (strcmp(what, "attached") == 0)
		handles_use(&session->handles, handle, HANDLE_LISTENS);
	else if (strcmp(what, "destroyed") == 0 || (left != NULL && strcmp(left, "ok") == 0) ||
		 (leaving != NULL && strcmp(leaving, "ok") == 0))
		handles_use(&session->handles, handle, HANDLE_IDLE);
}

static void session_observe(struct session *session, const char *janus, const char *transaction,
    struct json_object *message)
{
	uint32_t hash = transaction == NULL ? 0 : transaction_hash(transaction);
	struct json_object *data = json_member(message, "data", json_type_object);
	int64_t id = 0;

	if (hash != 0 && hash == session->creating) {
		created_heard(session, message);
	} else if (hash != 0 && handles_attached(&session->handles, hash)) {
		if (json_integer_member(data, "id", &id))
			handles_add(&session->handles, id);
	} else if (strcmp(janus, "detached") == 0) {
		if (json_integer_member(message, "sender", &id))
			handles_remove(&session->handles, id);
	} else if (strcmp(janus, "hangup") == 0 && session->lost_at != 0 &&
		   session->hangup_at == 0) {
		session->hangup_at = loop_now(session->gate->loop);
		session_timer_update(session);
	} else if (strcmp(janus, "event") == 0) {
		room_observe(session, message);
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
		room_notice_message(session, janus, message);
		page_tell(session, janus, message);
		return;
	}
	json_object_put(message);
}
