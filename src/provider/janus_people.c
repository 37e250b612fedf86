/* The people in Janus: lists their connections, mutes them, and ends their sessions. */
#include "provider/janus_people.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "provider/janus_rooms.h"
#include "provider/janus_token.h"

bool janus_device_remove(void *state, struct arena *arena, const struct media_server *server,
    const char *device, struct error *error)
{
	const struct janus_admin janus = janus_admin_of(state, server);
	struct json_object *answer;
	int code;

	if (*device == '\0' || strspn(device, "0123456789") != strlen(device))
		return true; /* not a session of Janus */
	if (!janus_admin_core(&janus, arena, "destroy_session", arena_printf(arena, "/%s", device),
		janus.config->provider_timeout, &code, &answer, error))
		return false;
	return code == JANUS_OK || code == JANUS_NO_SESSION || janus_refused(code, error);
}

/* Asks Janus about a handle. `*info` is NULL if the handle or its session does not exist. */
static bool handle_info(const struct janus_admin *janus, struct arena *arena,
    const char *connection_id, struct json_object **info, struct error *error)
{
	struct json_object *answer;
	int code;

	*info = NULL;
	if (!janus_admin_core(janus, arena, "handle_info",
		arena_printf(arena, "/%s", connection_id), janus->config->provider_timeout, &code,
		&answer, error))
		return false;
	if (code == JANUS_OK)
		*info = json_member(answer, "info", json_type_object);
	return true;
}

static bool stream_mute(const struct janus_admin *janus, struct arena *arena, const char *room,
    const char *participant, const char *mid, bool muted, struct error *error)
{
	struct json_object *request = janus_room_change(janus, arena, room);
	struct json_object *response;
	int code;

	json_add_text(request, "id", participant);
	json_add_text(request, "mid", mid);
	json_add_boolean(request, "mute", muted);
	if (!janus_admin_plugin(janus, arena, "moderate", request, &code, &response, error))
		return false;
	/* The room, the person or the stream may have ended meanwhile. */
	return code == JANUS_OK || code == JANUS_NO_ROOM || code == JANUS_NO_USER ||
	       janus_refused(code, error);
}

/* Mutes or unmutes all sound of a publisher's handle. Janus lists its streams as {type, mid, …},
 * and does not tell whether a stream is muted (measured). */
static bool streams_mute(const struct janus_admin *janus, struct arena *arena, const char *room,
    struct json_object *plugin, bool muted, struct error *error)
{
	struct json_object *streams = json_member(plugin, "streams", json_type_array);
	const char *participant = json_text_member(plugin, "id");
	size_t count = streams == NULL ? 0 : json_object_array_length(streams);

	for (size_t i = 0; i < count && participant != NULL; i++) {
		struct json_object *stream = json_object_array_get_idx(streams, i);
		const char *type = json_text_member(stream, "type");
		const char *mid = json_text_member(stream, "mid");

		if (type != NULL && strcmp(type, "audio") == 0 && mid != NULL &&
		    !stream_mute(janus, arena, room, participant, mid, muted, error))
			return false;
	}
	return true;
}

bool janus_attendee_mute(void *state, struct arena *arena, const struct session_ref *session,
    const char *const *connection_ids, size_t count, bool muted, bool *there, struct error *error)
{
	const struct janus_admin janus = janus_admin_of(state, &session->server);

	*there = false;
	for (size_t i = 0; i < count; i++) {
		struct json_object *info;

		if (!handle_info(&janus, arena, connection_ids[i], &info, error))
			return false;
		if (info == NULL)
			continue;
		*there = true;
		if (!streams_mute(&janus, arena, session->session_id,
			json_member(info, "plugin_specific", json_type_object), muted, error))
			return false;
	}
	return true;
}

/* A survey of the connections: it looks at each session that is not known yet, and at each of its
 * handles. */
struct survey {
	const struct janus_admin *janus;
	struct arena *arena;
	const char *server;
	struct presence *items;
	size_t count;
	size_t size;
};

static void survey_add(struct survey *survey, const struct presence *presence)
{
	if (survey->count == survey->size) {
		size_t size = survey->size == 0 ? 16 : survey->size * 2;
		struct presence *items = arena_alloc(survey->arena, size * sizeof *items);

		if (survey->count > 0)
			memcpy(items, survey->items, survey->count * sizeof *items);
		survey->items = items;
		survey->size = size;
	}
	survey->items[survey->count++] = *presence;
}

/* A handle with a valid token is a connection. It is in the meeting if it receives, or has joined
 * the room of its token to send. */
static void handle_judge(
    struct survey *survey, const char *session, const char *handle, struct json_object *info)
{
	struct json_object *plugin = json_member(info, "plugin_specific", json_type_object);
	const char *token = json_text_member(info, "token");
	const char *type = json_text_member(plugin, "type");
	const char *room = json_text_member(plugin, "room");
	const char *participant = json_text_member(plugin, "id");
	const char *secret = survey->janus->config->janus_token_secret;
	struct janus_identity identity;
	bool in_room, sends, listens;

	if (token == NULL ||
	    !janus_token_read(survey->arena, secret, token, strlen(token), &identity))
		return;
	in_room = type != NULL && room != NULL && strcmp(room, identity.room) == 0;
	sends = in_room && strcmp(type, "publisher") == 0 && participant != NULL;
	listens = in_room && strcmp(type, "subscriber") == 0;
	survey_add(survey,
	    &(struct presence){.session_id = identity.room,
		.outside = identity.role != ROLE_SUBSCRIBER && !sends && !listens,
		.connection = {.server = survey->server,
		    .connection_id = arena_printf(survey->arena, "%s/%s", session, handle),
		    .device = session,
		    .participant = sends ? participant : "",
		    .attendee = identity.attendee,
		    .role = identity.role == ROLE_SUBSCRIBER ? ROLE_SUBSCRIBER : ROLE_PUBLISHER,
		    .left_at = TIME_NONE}});
}

/* A session or handle that ends meanwhile is no error. */
static bool handle_survey(
    struct survey *survey, const char *session, const char *handle, struct error *error)
{
	struct json_object *info;

	if (!handle_info(survey->janus, survey->arena,
		arena_printf(survey->arena, "%s/%s", session, handle), &info, error))
		return false;
	if (info != NULL)
		handle_judge(survey, session, handle, info);
	return true;
}

static const char *item_text(struct arena *arena, struct json_object *list, size_t i)
{
	return arena_printf(
	    arena, "%" PRIu64, json_object_get_uint64(json_object_array_get_idx(list, i)));
}

/* A session that sends has further handles to receive: these do not count as connections. A session
 * with the right to send that only receives counts. */
static void listeners_judge(struct presence *handles, size_t count)
{
	bool sends = false;

	for (size_t i = 0; i < count; i++)
		sends = sends || *handles[i].connection.participant != '\0';
	for (size_t i = 0; i < count; i++) {
		if (handles[i].connection.role != ROLE_SUBSCRIBER &&
		    *handles[i].connection.participant == '\0')
			handles[i].outside = handles[i].outside || sends;
	}
}

static bool session_survey(struct survey *survey, const char *session, struct error *error)
{
	struct json_object *answer, *handles;
	size_t first;
	int code;

	if (!janus_admin_core(survey->janus, survey->arena, "list_handles",
		arena_printf(survey->arena, "/%s", session),
		survey->janus->config->provider_timeout, &code, &answer, error))
		return false;
	first = survey->count;
	handles = json_member(answer, "handles", json_type_array);
	for (size_t i = 0;
	     code == JANUS_OK && handles != NULL && i < json_object_array_length(handles); i++) {
		if (!handle_survey(survey, session, item_text(survey->arena, handles, i), error))
			return false;
	}
	if (survey->count > first)
		listeners_judge(survey->items + first, survey->count - first);
	return true;
}

static bool text_listed(const char *const *list, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i], text) == 0)
			return true;
	}
	return false;
}

bool janus_participants(void *state, struct arena *arena, const struct media_server *server,
    const char *const *known, size_t known_count, struct participants *participants,
    struct error *error)
{
	const struct janus_admin janus = janus_admin_of(state, server);
	struct survey survey = {.janus = &janus, .arena = arena, .server = server->name};
	struct json_object *answer, *sessions;
	const char **names;
	size_t count;
	int code;

	if (!janus_admin_core(survey.janus, arena, "list_sessions", "",
		survey.janus->config->provider_timeout, &code, &answer, error))
		return false;
	sessions = json_member(answer, "sessions", json_type_array);
	if (code != JANUS_OK || sessions == NULL)
		return janus_refused(code, error);
	count = json_object_array_length(sessions);
	names = arena_alloc(arena, (count + 1) * sizeof *names);
	for (size_t i = 0; i < count; i++) {
		names[i] = item_text(arena, sessions, i);
		if (!text_listed(known, known_count, names[i]) &&
		    !session_survey(&survey, names[i], error))
			return false;
	}
	*participants = (struct participants){.alive = names,
	    .alive_count = count,
	    .present = survey.items,
	    .present_count = survey.count};
	return true;
}
