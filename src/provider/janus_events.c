/* Janus' events: reads the posts of its sample event handler as neutral events. */
#include "provider/janus_events.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "meeting/meeting.h"
#include "meeting/media_server.h"
#include "provider/janus_token.h"

/* Numbers of Janus' event types. */
enum {
	TYPE_HANDLE = 2,
	TYPE_PLUGIN = 64,
	TYPE_CORE = 256,
	TYPE_GATE = 1024, /* the signalling gate's own; Janus has no such type */
};

enum {
	PARTICIPANT_MAX = 255, /* bytes of a participant's id; the column's width */
};

/* The reader of one event. */
struct reader {
	struct arena *arena;
	const struct janus_secrets *secrets;
	struct json_object *json;  /* the whole event */
	struct json_object *inner; /* its "event", or a plugin event's "data" */
	struct event *event;
	struct error *error;
};

static bool malformed(struct reader *reader, const char *field)
{
	return error_set(
	    reader->error, ERROR_MALFORMED, "An event's %s is missing or has a wrong type.", field);
}

/* Reads a member that must be text without NUL. If it has more than `max` bytes, `*text` is NULL,
 * without an error. */
static bool text_need(struct reader *reader, struct json_object *object, const char *key,
    size_t max, const char **text)
{
	*text = json_text_member(object, key);
	if (*text == NULL)
		return malformed(reader, key);
	if (strlen(*text) > max)
		*text = NULL;
	return true;
}

static bool integer_need(struct reader *reader, const char *key, int64_t *value)
{
	return json_integer_member(reader->json, key, value) || malformed(reader, key);
}

static void unknown(struct reader *reader)
{
	*reader->event =
	    (struct event){.kind = EVENT_UNKNOWN, .name = "unknown", .at = reader->event->at};
}

/* Makes the connection's id, "<session>/<handle>", and the device, which is the session. */
static bool connection_name(struct reader *reader, const char **connection_id, const char **device)
{
	int64_t session, handle;

	if (!integer_need(reader, "session_id", &session) ||
	    !integer_need(reader, "handle_id", &handle))
		return false;
	*device = arena_printf(reader->arena, "%" PRId64, session);
	*connection_id = arena_printf(reader->arena, "%" PRId64 "/%" PRId64, session, handle);
	return true;
}

/* Finds the identity that the event's token proves; false without a valid token. */
static bool identity_find(
    struct reader *reader, struct json_object *object, struct janus_identity *identity)
{
	const char *token = json_text_member(object, "token");

	return token != NULL && strlen(token) <= 4096 &&
	       janus_token_read(
		   reader->arena, reader->secrets->token_secret, token, strlen(token), identity) &&
	       strlen(identity->room) <= SESSION_ID_MAX;
}

static void opened(struct reader *reader, const char *name, const struct janus_identity *identity,
    const struct connection *connection)
{
	struct event *event = reader->event;

	event->kind = EVENT_OPENED;
	event->name = name;
	event->session_id = identity->room;
	event->connection = *connection;
	event->connection.attendee = identity->attendee;
	event->connection.role = identity->role;
	event->connection.event = name;
	event->connection.joined_at = event->at;
	event->connection.stamped_at = event->at;
	event->connection.left_at = TIME_NONE;
}

static void ended(struct reader *reader, const char *name, const char *session_id,
    enum end_scope scope, const char *key)
{
	struct event *event = reader->event;

	event->kind = EVENT_ENDED;
	event->name = name;
	event->session_id = session_id;
	event->ending = (struct ending){
	    .scope = scope, .key = key, .event = name, .at = event->at, .stamped_at = event->at};
}

/* Type 2, "attached": the token is the core token, and Janus has verified it. The event opens a
 * connection only for a person who may not send: there is no "joined" for them. Other people get
 * EVENT_SEEN: they could watch without joining. */
static bool attached_read(struct reader *reader)
{
	struct connection connection = {.participant = ""};
	struct janus_identity identity;

	if (!connection_name(reader, &connection.connection_id, &connection.device))
		return false;
	if (!identity_find(reader, reader->inner, &identity)) {
		unknown(reader);
		return true;
	}
	opened(reader, "attached", &identity, &connection);
	if (identity.role != ROLE_SUBSCRIBER)
		reader->event->kind = EVENT_SEEN;
	return true;
}

static bool detached_read(struct reader *reader)
{
	const char *connection_id, *device;
	struct janus_identity identity;

	if (!connection_name(reader, &connection_id, &device))
		return false;
	if (!identity_find(reader, reader->inner, &identity) &&
	    !identity_find(reader, reader->json, &identity))
		unknown(reader);
	else
		ended(reader, "detached", identity.room, END_CONNECTION, connection_id);
	return true;
}

/* Type 64, "joined": a person who may send is in the room. The gate chooses the participant's id.
 */
static bool joined_read(struct reader *reader)
{
	struct connection connection = {0};
	struct janus_identity identity;
	const char *room, *participant;

	if (!connection_name(reader, &connection.connection_id, &connection.device) ||
	    !text_need(reader, reader->inner, "room", SESSION_ID_MAX, &room) ||
	    !text_need(reader, reader->inner, "id", PARTICIPANT_MAX, &participant))
		return false;
	if (room == NULL || !identity_find(reader, reader->inner, &identity) ||
	    strcmp(identity.room, room) != 0) {
		unknown(reader);
		return true;
	}
	/* The service gives no id that is too long to keep. The handle identifies the connection's
	 * end. */
	connection.participant = participant == NULL ? "" : participant;
	opened(reader, "joined", &identity, &connection);
	return true;
}

/* "leaving" and "kicked": a participant has left the room. */
static bool participant_end_read(struct reader *reader, const char *name)
{
	const char *room, *participant;

	if (!text_need(reader, reader->inner, "room", SESSION_ID_MAX, &room) ||
	    !text_need(reader, reader->inner, "id", PARTICIPANT_MAX, &participant))
		return false;
	if (room == NULL || participant == NULL)
		unknown(reader);
	else
		ended(reader, name, room, END_PARTICIPANT, participant);
	return true;
}

static bool destroyed_read(struct reader *reader)
{
	const char *room;

	if (!text_need(reader, reader->inner, "room", SESSION_ID_MAX, &room))
		return false;
	if (room == NULL)
		unknown(reader);
	else
		ended(reader, "destroyed", room, END_ROOM, "");
	return true;
}

static bool published_read(struct reader *reader)
{
	const char *room;

	if (!text_need(reader, reader->inner, "room", SESSION_ID_MAX, &room))
		return false;
	if (room == NULL) {
		unknown(reader);
		return true;
	}
	reader->event->kind = EVENT_PUBLISHED;
	reader->event->name = "published";
	reader->event->session_id = room;
	return true;
}

static bool plugin_read(struct reader *reader)
{
	const char *plugin = json_text_member(reader->inner, "plugin");
	struct json_object *data = json_member(reader->inner, "data", json_type_object);
	const char *name = json_text_member(data, "event");

	unknown(reader);
	if (plugin == NULL || strcmp(plugin, "janus.plugin.videoroom") != 0 || name == NULL)
		return true;
	reader->inner = data;
	if (strcmp(name, "joined") == 0)
		return joined_read(reader);
	if (strcmp(name, "leaving") == 0)
		return participant_end_read(reader, "leaving");
	if (strcmp(name, "kicked") == 0)
		return participant_end_read(reader, "kicked");
	if (strcmp(name, "destroyed") == 0)
		return destroyed_read(reader);
	if (strcmp(name, "published") == 0)
		return published_read(reader);
	return true;
}

static bool handle_read(struct reader *reader)
{
	const char *name = json_text_member(reader->inner, "name");

	unknown(reader);
	if (name != NULL && strcmp(name, "attached") == 0)
		return attached_read(reader);
	if (name != NULL && strcmp(name, "detached") == 0)
		return detached_read(reader);
	return true;
}

/* Janus has started or stops: it loses all rooms and sessions. event_place() sets the server. */
static bool core_read(struct reader *reader)
{
	const char *status = json_text_member(reader->inner, "status");

	unknown(reader);
	if (status != NULL && strcmp(status, "started") == 0)
		ended(reader, "started", NULL, END_SERVER, "");
	else if (status != NULL && strcmp(status, "shutdown") == 0)
		ended(reader, "shutdown", NULL, END_SERVER, "");
	return true;
}

/* The gate keeps the stay of a page that has lost its connection for a while. Its end, "left", has
 * the time of the loss. */
static bool gate_read(struct reader *reader)
{
	const char *name = json_text_member(reader->inner, "name");
	struct event *event = reader->event;
	const char *room, *attendee, *participant, *device;
	int64_t session;

	unknown(reader);
	if (name == NULL)
		return true;
	if (!integer_need(reader, "session_id", &session) ||
	    !text_need(reader, reader->inner, "room", SESSION_ID_MAX, &room) ||
	    !text_need(reader, reader->inner, "attendee", ATTENDEE_MAX, &attendee) ||
	    !text_need(reader, reader->inner, "id", PARTICIPANT_MAX, &participant))
		return false;
	if (room == NULL || attendee == NULL || participant == NULL)
		return true;
	device = arena_printf(reader->arena, "%" PRId64, session);
	if (strcmp(name, "left") == 0) {
		ended(reader, "left", room, END_DEVICE, device);
	} else if (strcmp(name, "lost") == 0 || strcmp(name, "back") == 0) {
		bool is_lost = strcmp(name, "lost") == 0;

		event->kind = is_lost ? EVENT_LOST : EVENT_BACK;
		event->name = is_lost ? "lost" : "back";
		event->session_id = room;
		event->connection = (struct connection){
		    .device = device, .attendee = attendee, .participant = participant};
	}
	return true;
}

/* The server_name of the Janus that has sent the event. */
static const char *emitter(struct json_object *json)
{
	const char *name = json_text_member(json, "emitter");

	return name != NULL && strlen(name) <= MEDIA_SERVER_NAME_MAX ? name : NULL;
}

static bool event_read(struct reader *reader)
{
	int64_t type;

	if (!json_object_is_type(reader->json, json_type_object))
		return error_set(reader->error, ERROR_MALFORMED, "An event must be a JSON object.");
	if (!integer_need(reader, "type", &type) ||
	    !integer_need(reader, "timestamp", &reader->event->at))
		return false;
	if (reader->event->at <= 0 || reader->event->at > TIME_MAX)
		return malformed(reader, "timestamp");
	reader->inner = json_member(reader->json, "event", json_type_object);
	if (reader->inner == NULL)
		return malformed(reader, "event");
	switch (type) {
	case TYPE_HANDLE:
		return handle_read(reader);
	case TYPE_PLUGIN:
		return plugin_read(reader);
	case TYPE_CORE:
		return core_read(reader);
	case TYPE_GATE:
		return gate_read(reader);
	default:
		unknown(reader);
		return true;
	}
}

bool janus_events_parse(struct arena *arena, const struct janus_secrets *secrets, const char *body,
    size_t len, struct events *events, struct error *error)
{
	struct json_object *document;
	bool is_list;

	*events = (struct events){0};
	if (!json_parse(arena, body, len, &document, error)) {
		/* In a provider's body a number out of range counts as malformed. */
		if (error->kind == ERROR_INVALID)
			error_set(error, ERROR_MALFORMED, "A number is out of range.");
		return false;
	}
	is_list = json_object_is_type(document, json_type_array);
	if (!is_list && !json_object_is_type(document, json_type_object))
		return error_set(
		    error, ERROR_MALFORMED, "The body must be an event or an array of events.");
	*events = (struct events){.count = is_list ? json_object_array_length(document) : 1};
	events->items = arena_alloc(arena, (events->count + 1) * sizeof *events->items);
	for (size_t i = 0; i < events->count; i++) {
		struct error fault = {0};
		struct reader reader = {.arena = arena,
		    .secrets = secrets,
		    .json = is_list ? json_object_array_get_idx(document, i) : document,
		    .event = &events->items[i],
		    .error = &fault};

		if (event_read(&reader)) {
			events->items[i].server = emitter(reader.json);
			continue;
		}
		events->items[i] = (struct event){.kind = EVENT_MALFORMED, .name = "malformed"};
		if (events->malformed == NULL)
			events->malformed = arena_strdup(arena, fault.message);
		error_clear(&fault);
	}
	return true;
}
