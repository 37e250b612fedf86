/* The gate's control socket. */
#include "gate/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "gate/events.h"
#include "gate/http.h"
#include "gate/ledger.h"
#include "gate/outward.h"
#include "gate/pool.h"
#include "gate/room.h"
#include "gate/session.h"

enum {
	ANSWER_MAX =
	    256 * 1024 * 1024,         /* bytes that may be queued: a list of connections is long */
	BODY_MAX = 4 * 1024 * 1024,    /* bytes of a request */
	EVENTS_MAX = 64 * 1024 * 1024, /* bytes of a body of events */
	ADMIN_ANSWER_MAX = 16 * 1024 * 1024,
	LIST_START = 64 * 1024, /* bytes that a list has room for at first */
};

#define ADMIN_LIMIT (10 * SECOND)
#define IDLE_LIMIT  (75 * SECOND) /* of a connection between two requests, and within one */

struct control;

struct route {
	const char *method, *path;
	bool is_prefix; /* of paths */
	bool from_janus;
	size_t body_max;
	void (*serve)(struct control *control, char *body, size_t len);
};

struct control {
	struct gate *gate;
	struct control *next, *previous; /* of the gate's */
	struct stream stream;
	struct timer timer;
	char *in; /* what has been read; owned */
	size_t len;
	const struct route *route; /* of a request whose body is still to come; NULL: none */
	size_t body_len;
	char path[64];
	struct exchange *exchange; /* with Janus' Admin API; NULL: none */
};

static void control_free(void *object)
{
	struct control *control = object;

	free(control->in);
	free(control);
}

static void control_closed(void *owner)
{
	struct control *control = owner;

	outward_forget(control->exchange);
	timer_stop(control->gate->loop, &control->timer);
	if (control->previous == NULL)
		control->gate->controls = control->next;
	else
		control->previous->next = control->next;
	if (control->next != NULL)
		control->next->previous = control->previous;
	loop_later(control->gate->loop, control_free, control);
}

static void control_cut(void *owner)
{
	struct control *control = owner;

	if (!stream_is_open(&control->stream))
		return;
	stream_close(&control->stream);
	control_closed(control);
}

static void respond(struct control *control, int status, const char *body, size_t len)
{
	const char *head = arena_printf(control->gate->arena,
	    "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
	    status, status < 300 ? "OK" : "Error", len);

	stream_write(&control->stream, head, strlen(head));
	stream_write(&control->stream, body, len);
}

static void respond_error(struct control *control, int status, const char *message)
{
	struct json_writer writer = json_writer_new(control->gate->arena, JSON_START);

	json_write_object(&writer, NULL);
	json_write_text(&writer, "error", message);
	json_close_object(&writer);
	respond(control, status, writer.buffer.text, writer.buffer.len);
}

/* The rest of what was sent is not read. */
static void refuse_and_end(struct control *control, int status, const char *message)
{
	respond_error(control, status, message);
	stream_end(&control->stream);
}

static struct json_object *body_read(struct control *control, const char *body, size_t len)
{
	struct json_object *json;
	struct error error = {0};
	bool good = json_parse(control->gate->arena, body, len, &json, &error);

	if (!good)
		respond_error(control, 400, error.message);
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
		respond_error(control, 400, "events is missing");
		return;
	}
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *event = json_object_array_get_idx(list, i);
		const char *id = json_text_member(event, "sessionId");
		struct room *room = id == NULL ? NULL : room_find(control->gate, id);

		if (room != NULL)
			room_event(room, event);
	}
	respond(control, 200, "{}", 2);
}

/* Ends the sessions of a room: all, or those of one attendee. */
static void sessions_end(
    struct control *control, const char *id, const char *attendee, uint16_t code, const char *state)
{
	struct room *room = room_find(control->gate, id);
	struct session *next;
	int64_t count = 0;
	const char *answer;

	for (struct session *session = room == NULL ? NULL : room->sessions; session != NULL;
	     session = next) {
		next = session->next; /* the room is gone with its last session */
		if (attendee != NULL && strcmp(session->identity.attendee, attendee) != 0)
			continue;
		session_dismiss(session, state, code);
		count++;
	}
	answer = arena_printf(control->gate->arena, "{\"connections\":%lld}", (long long)count);
	respond(control, 200, answer, strlen(answer));
}

static void remove_serve(struct control *control, char *body, size_t len)
{
	struct json_object *json = body_read(control, body, len);
	const char *id = json_text_member(json, "sessionId");
	const char *attendee = json_text_member(json, "attendee");

	if (json == NULL)
		return;
	if (id == NULL || attendee == NULL) {
		respond_error(control, 400, "sessionId or attendee is missing");
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
		respond_error(control, 400, "sessionId is missing");
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
	respond(control, 200, writer.buffer.text, writer.buffer.len);
}

static void admin_answered(void *owner, long status, const char *body, size_t len)
{
	struct control *control = owner;

	control->exchange = NULL;
	if (status == 0)
		respond_error(control, 502, "Janus does not answer");
	else
		respond(control, (int)status, body, len);
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
		respond_error(control, 404, "no such path");
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
		respond(control, 200, "{}", 2);
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

static const struct route *route_find(const struct http_head *head)
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

static bool is_allowed(
    struct control *control, const struct route *route, const struct http_head *head)
{
	const struct config *config = control->gate->config;
	struct arena *arena = control->gate->arena;
	const char *given = http_header(head, "Authorization");
	const char *expected = arena_printf(arena, "Bearer %s", config->gate_secret);

	if (route->from_janus) {
		const char *pair = arena_printf(
		    arena, "%s:%s", config->janus_event_user, config->janus_event_password);

		expected =
		    arena_printf(arena, "Basic %s", base64_encode(arena, pair, strlen(pair)));
	}
	return given != NULL && secret_equal(given, strlen(given), expected, strlen(expected));
}

static bool length_read(const struct http_head *head, size_t *len)
{
	const char *text = http_header(head, "Content-Length");

	*len = 0;
	if (text == NULL)
		return http_header(head, "Transfer-Encoding") == NULL;
	if (*text == '\0' || strlen(text) > 12 || strspn(text, "0123456789") != strlen(text))
		return false;
	*len = strtoull(text, NULL, 10);
	return true;
}

/* A request's head: takes what is needed of it. False: the connection ends. */
static bool head_take(struct control *control, const struct http_head *head)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	const struct route *route = route_find(head);

	if (route == NULL || strlen(head->path) >= sizeof control->path)
		refuse_and_end(control, 404, "no such path");
	else if (!is_allowed(control, route, head))
		refuse_and_end(control, 401, "the secret is wrong");
	else if (!length_read(head, &control->body_len))
		refuse_and_end(control, 411, "Content-Length is missing");
	else if (control->body_len > route->body_max)
		refuse_and_end(control, 413, "the body is too large");
	else {
		memcpy(control->path, head->path, strlen(head->path) + 1);
		control->route = route;
		if (http_header(head, "Expect") != NULL)
			stream_write(&control->stream, go_on, sizeof go_on - 1);
		return true;
	}
	return false;
}

static void in_drop(struct control *control, size_t used)
{
	memmove(control->in, control->in + used, control->len - used);
	control->len -= used;
}

/* Deals with one request if it is whole. False: there is nothing more to do now. */
static bool request_take(struct control *control)
{
	struct http_head head;
	enum http_outcome outcome;
	size_t used;
	char *body;

	if (control->exchange != NULL || control->len == 0)
		return false;
	if (control->route == NULL) {
		outcome = http_request_read(control->in, control->len, &head, &used);
		if (outcome == HTTP_MORE)
			return false;
		if (outcome == HTTP_MALFORMED) {
			refuse_and_end(control, 400, "malformed request");
			return false;
		}
		if (!head_take(control, &head))
			return false;
		in_drop(control, used);
	}
	if (control->len < control->body_len)
		return false;
	body = malloc(control->body_len + 1);
	if (body == NULL)
		abort();
	memcpy(body, control->in, control->body_len);
	body[control->body_len] = '\0';
	in_drop(control, control->body_len);
	control->route->serve(control, body, control->body_len);
	control->route = NULL;
	free(body);
	return true;
}

static void control_got(void *owner, char *bytes, size_t len)
{
	struct control *control = owner;

	control->in = realloc(control->in, control->len + len);
	if (control->in == NULL)
		abort();
	memcpy(control->in + control->len, bytes, len);
	control->len += len;
	timer_set(control->gate->loop, &control->timer, loop_now(control->gate->loop) + IDLE_LIMIT);
	while (request_take(control))
		continue;
}

void control_accept(struct gate *gate, int fd)
{
	static const struct stream_calls calls = {.got = control_got, .closed = control_closed};
	struct control *control = calloc(1, sizeof *control);

	if (control == NULL)
		abort();
	control->gate = gate;
	control->next = gate->controls;
	if (control->next != NULL)
		control->next->previous = control;
	gate->controls = control;
	control->timer = (struct timer){.fire = control_cut, .owner = control};
	stream_start(&control->stream, gate->loop, fd, false, &calls, control, ANSWER_MAX);
	timer_set(gate->loop, &control->timer, loop_now(gate->loop) + IDLE_LIMIT);
}

void controls_end(struct gate *gate)
{
	struct control *next;

	for (struct control *control = gate->controls; control != NULL; control = next) {
		next = control->next;
		control_cut(control);
	}
}
