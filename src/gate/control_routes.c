/* What the service and Janus ask for on the control socket. */
#include "gate/control_inside.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "gate/echo.h"
#include "gate/events.h"
#include "gate/ledger.h"
#include "gate/outward.h"
#include "gate/pool.h"
#include "gate/room.h"
#include "gate/session.h"

enum {
	BODY_MAX = 4 * 1024 * 1024,    /* bytes of a request */
	EVENTS_MAX = 64 * 1024 * 1024, /* bytes of a body of events */
	ADMIN_ANSWER_MAX = 16 * 1024 * 1024,
	LIST_START = 64 * 1024, /* bytes that a list has room for at first */
};

#define ADMIN_LIMIT (10 * SECOND)

static struct json_object *body_read(struct control *control, const char *body, size_t len)
{
	struct json_object *json;
	struct error error = {0};
	bool good = json_parse(control->gate->arena, body, len, &json, &error);

	if (!good)
		control_respond_error(control, 400, error.message);
	error_clear(&error);
	return good ? json : NULL;
}

static void push_serve(struct control *control, char *body, size_t len)
{
	struct json_object *json = body_read(control, body, len);
	struct json_object *list = json_member(json, "events", json_type_array);

	if (json == NULL)
		return;
	if (list == NULL) {
		control_respond_error(control, 400, "events is missing");
		return;
	}
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *event = json_object_array_get_idx(list, i);
		const char *id = json_text_member(event, "sessionId");
		struct room *room = id == NULL ? NULL : room_find(control->gate, id);

		if (room != NULL)
			room_event(room, event);
	}
	control_respond(control, 200, "{}", 2);
}

/* Ends the sessions of a meeting: all, or those of one attendee. */
static void sessions_end(
    struct control *control, const char *id, const char *attendee, uint16_t code, const char *state)
{
	struct room *room = room_find(control->gate, id);
	struct session *next;
	int64_t count = echoes_tell_end(control->gate, id, attendee, code, state);
	const char *answer;

	for (struct session *session = room == NULL ? NULL : room->sessions; session != NULL;
	     session = next) {
		next = session->next; /* the room is gone with its last session */
		if (attendee != NULL && strcmp(session->identity.attendee, attendee) != 0)
			continue;
		session_tell_end(session, state, code);
		count++;
	}
	answer = arena_printf(control->gate->arena, "{\"connections\":%lld}", (long long)count);
	control_respond(control, 200, answer, strlen(answer));
}

static void remove_serve(struct control *control, char *body, size_t len)
{
	struct json_object *json = body_read(control, body, len);
	const char *id = json_text_member(json, "sessionId");
	const char *attendee = json_text_member(json, "attendee");

	if (json == NULL)
		return;
	if (id == NULL || attendee == NULL) {
		control_respond_error(control, 400, "sessionId or attendee is missing");
		return;
	}
	ledger_note(control->gate->ledger, LEDGER_REMOVED, id, attendee);
	sessions_end(control, id, attendee, CLOSE_REMOVED, "removed");
}

static void end_serve(struct control *control, char *body, size_t len)
{
	struct json_object *json = body_read(control, body, len);
	const char *id = json_text_member(json, "sessionId");

	if (json == NULL)
		return;
	if (id == NULL) {
		control_respond_error(control, 400, "sessionId is missing");
		return;
	}
	ledger_note(control->gate->ledger, LEDGER_ENDED, id, NULL);
	sessions_end(control, id, NULL, CLOSE_ENDED, "ended");
}

static const char *handle_use_name(enum handle_use use)
{
	switch (use) {
	case HANDLE_SENDS:
		return "sends";
	case HANDLE_SCREEN:
		return "screen";
	case HANDLE_LISTENS:
		return "listens";
	case HANDLE_IDLE:
		break;
	}
	return "idle";
}

static void handles_write(struct json_writer *writer, const struct handles *handles)
{
	char id[24];

	json_write_array(writer, "handles");
	for (unsigned i = 0; i < handles->count; i++) {
		snprintf(id, sizeof id, "%lld", (long long)handles->list[i].id);
		json_write_object(writer, NULL);
		json_write_text(writer, "id", id);
		json_write_text(writer, "use", handle_use_name(handles->list[i].use));
		json_close_object(writer);
	}
	json_close_array(writer);
}

static void session_write(struct json_writer *writer, const struct session *session)
{
	char id[24];

	snprintf(id, sizeof id, "%lld", (long long)session->janus_id);
	json_write_object(writer, NULL);
	json_write_text(writer, "sessionId", session->identity.room);
	json_write_text(writer, "attendee", session->identity.attendee);
	json_write_text(writer, "participantId", session->identity.participant);
	json_write_text(writer, "name", session->identity.name);
	json_write_text(writer, "role", role_name(session->identity.role));
	json_write_text(writer, "state", session_state_name(session));
	json_write_time(writer, "since", session->since);
	json_write_time(writer, "lostAt", session->lost_at == 0 ? TIME_NONE : session->lost_wall);
	json_write_text(writer, "janusSession", session->janus_id == 0 ? NULL : id);
	handles_write(writer, &session->handles);
	json_close_object(writer);
}

/* A session that only tests is nobody's in a meeting. It is named so that the service does not end
 * it as one that came past the gate. */
static void echo_write(struct json_writer *writer, const struct session *session)
{
	char id[24];

	snprintf(id, sizeof id, "%lld", (long long)session->janus_id);
	json_write_object(writer, NULL);
	json_write_text(writer, "state", "echo");
	json_write_text(writer, "janusSession", session->janus_id == 0 ? NULL : id);
	json_close_object(writer);
}

static void connections_serve(struct control *control, char *body, size_t len)
{
	const struct gate *gate = control->gate;
	struct json_writer writer = json_writer_new(gate->arena, LIST_START);
	struct lh_entry *at;

	(void)body;
	(void)len;
	json_write_object(&writer, NULL);
	json_write_array(&writer, "connections");
	lh_foreach(gate->rooms, at)
	{
		const struct room *room = lh_entry_v(at);

		for (const struct session *session = room->sessions; session != NULL;
		     session = session->next)
			session_write(&writer, session);
	}
	for (const struct session *session = gate->echoes; session != NULL; session = session->next)
		echo_write(&writer, session);
	json_close_array(&writer);
	json_write_boolean(&writer, "claimsArePossible",
	    loop_now(gate->loop) < gate->started_at + gate->config->gate_keep);
	json_write_boolean(&writer, "poolIsAway", pool_is_away(gate->pool));
	json_write_integer(&writer, "eventsWaiting", events_waiting(gate->events));
	json_write_integer(&writer, "eventsSkipped", gate->counts.events_skipped);
	json_write_integer(&writer, "eventsUnknown", gate->counts.events_unknown);
	json_write_integer(&writer, "messagesRefused", gate->counts.refused);
	json_write_integer(&writer, "messagesDelayed", gate->counts.delayed);
	json_write_integer(&writer, "connectionsTurnedAway", gate->counts.turned_away);
	json_write_integer(&writer, "connectionsTooSlow", gate->counts.slow);
	json_close_object(&writer);
	control_respond(control, 200, writer.buffer.text, writer.buffer.len);
}

static void admin_answered(void *owner, long status, const char *body, size_t len)
{
	struct control *control = owner;

	control->exchange = NULL;
	if (status == 0)
		control_respond_error(control, 502, "Janus does not answer");
	else
		control_respond(control, (int)status, body, len);
	stream_hold(&control->stream, false);
}

static void admin_serve(struct control *control, char *body, size_t len)
{
	static const char prefix[] = "/admin";
	const char *rest = control->path + sizeof prefix - 1;
	struct outward_call call = {
	    .path = rest, .body = body, .limit = ADMIN_LIMIT, .answer_max = ADMIN_ANSWER_MAX};

	(void)len;
	if (strspn(rest, "/0123456789") != strlen(rest)) {
		control_respond_error(control, 404, "no such path");
		return;
	}
	control->exchange = outward_admin(control->gate->outward, &call, admin_answered, control);
	stream_hold(&control->stream, true);
}

/* Is it an opening in a session that no connection here has? */
static bool event_is_unknown(const struct gate *gate, struct json_object *event)
{
	struct json_object *inner = json_member(event, "event", json_type_object);
	const char *name = json_text_member(inner, "name");
	struct json_object *session;

	return name != NULL && strcmp(name, "attached") == 0 &&
	       json_object_object_get_ex(event, "session_id", &session) &&
	       lh_table_lookup_entry(gate->sessions, json_object_get_string(session)) == NULL;
}

static void events_look(struct gate *gate, const char *body)
{
	struct json_object *list = json_tokener_parse(body);

	if (json_object_is_type(list, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(list); i++)
			gate->counts.events_unknown +=
			    event_is_unknown(gate, json_object_array_get_idx(list, i));
	}
	json_object_put(list);
}

/* Janus takes any answer for a delivery, and sends again when there is none. */
static void events_serve(struct control *control, char *body, size_t len)
{
	events_look(control->gate, body);
	if (events_append(control->gate->events, body, len))
		control_respond(control, 200, "{}", 2);
	else
		loop_later(control->gate->loop, control_cut, control);
}

static const struct route routes[] = {
    {"POST", "/push", false, false, BODY_MAX, push_serve},
    {"POST", "/remove", false, false, BODY_MAX, remove_serve},
    {"POST", "/end", false, false, BODY_MAX, end_serve},
    {"GET", "/connections", false, false, BODY_MAX, connections_serve},
    {"POST", "/admin", true, false, BODY_MAX, admin_serve},
    {"POST", "/events", false, true, EVENTS_MAX, events_serve},
};

const struct route *control_route(const struct http_head *head)
{
	for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
		size_t len = strlen(routes[i].path);

		if (strcmp(routes[i].method, head->method) == 0 &&
		    strncmp(routes[i].path, head->path, len) == 0 &&
		    (head->path[len] == '\0' || (routes[i].is_prefix && head->path[len] == '/')))
			return &routes[i];
	}
	return NULL;
}
