/* The people in Janus: lists their connections, mutes them, and ends their sessions. */
#include "provider/janus_people.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "provider/janus_rooms.h"

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

/* Sums up what Janus has received on one handle: webrtc.media.<number>.stats.in.bytes. */
static int64_t handle_received(struct json_object *info)
{
	struct json_object *webrtc = json_member(info, "webrtc", json_type_object);
	struct json_object *media = json_member(webrtc, "media", json_type_object);
	int64_t sum = 0;

	if (media == NULL)
		return 0;
	json_object_object_foreach(media, number, medium)
	{
		struct json_object *stats = json_member(medium, "stats", json_type_object);
		int64_t bytes = 0;

		(void)number;
		if (json_integer_member(
			json_member(stats, "in", json_type_object), "bytes", &bytes) &&
		    bytes > 0)
			sum += bytes;
	}
	return sum;
}

bool janus_media_received(void *state, struct arena *arena, const struct session_ref *session,
    const char *const *connection_ids, size_t count, int64_t *bytes, struct error *error)
{
	const struct janus_admin janus = janus_admin_of(state, &session->server);

	*bytes = 0;
	for (size_t i = 0; i < count; i++) {
		struct json_object *info;

		if (!handle_info(&janus, arena, connection_ids[i], &info, error))
			return false;
		*bytes += handle_received(info);
	}
	return true;
}

/* What the gate's list and Janus' own make of the people on a server. */
struct survey {
	struct arena *arena;
	const char *server;
	const char *const *known; /* sorted */
	size_t known_count;
	const char **alive; /* sorted */
	size_t alive_count;
	const char **held; /* devices that the gate has; sorted */
	size_t held_count;
	const char **strays;
	size_t stray_count;
	struct presence *items;
	size_t count, size;
};

static int text_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void text_sort(const char **list, size_t count)
{
	if (count > 0)
		qsort(list, count, sizeof *list, text_compare);
}

static bool text_listed(const char *const *list, size_t count, const char *text)
{
	return count > 0 && bsearch(&text, list, count, sizeof *list, text_compare) != NULL;
}

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

static bool use_is(struct json_object *handle, const char *use)
{
	const char *name = json_text_member(handle, "use");

	return name != NULL && strcmp(name, use) == 0;
}

static bool session_sends(struct json_object *handles)
{
	for (size_t i = 0; i < json_object_array_length(handles); i++) {
		struct json_object *handle = json_object_array_get_idx(handles, i);

		if (use_is(handle, "sends") || use_is(handle, "screen"))
			return true;
	}
	return false;
}

/* A handle is a connection in the meeting if it sends. In a session that does not send, one that
 * listens is, and all handles of a person who may only watch. */
static void handle_judge(
    struct survey *survey, const struct presence *session, struct json_object *handle, bool sends)
{
	const char *id = json_text_member(handle, "id");
	const char *participant = session->connection.participant;
	struct presence presence = *session;

	if (id == NULL)
		return;
	presence.connection.connection_id =
	    arena_printf(survey->arena, "%s/%s", session->connection.device, id);
	presence.connection.participant = "";
	if (use_is(handle, "sends"))
		presence.connection.participant = participant;
	else if (use_is(handle, "screen"))
		presence.connection.participant =
		    arena_printf(survey->arena, "%s-screen", participant);
	else
		presence.outside = session->connection.role != ROLE_SUBSCRIBER &&
				   (sends || !use_is(handle, "listens"));
	survey_add(survey, &presence);
}

/* One entry of the gate's list. A person who waits has no session with Janus. */
static void entry_judge(struct survey *survey, struct json_object *entry, const char *device)
{
	struct json_object *handles = json_member(entry, "handles", json_type_array);
	const char *room = json_text_member(entry, "sessionId");
	const char *role_text = json_text_member(entry, "role");
	const char *attendee = json_text_member(entry, "attendee");
	const char *participant = json_text_member(entry, "participantId");
	enum role role;
	struct presence session;
	bool sends;

	if (room == NULL || attendee == NULL || participant == NULL || handles == NULL ||
	    role_text == NULL || !role_parse(role_text, &role))
		return;
	if (text_listed(survey->known, survey->known_count, device) ||
	    !text_listed(survey->alive, survey->alive_count, device))
		return;
	session = (struct presence){.session_id = room,
	    .connection = {.server = survey->server,
		.device = device,
		.participant = participant,
		.attendee = attendee,
		.role = role == ROLE_SUBSCRIBER ? ROLE_SUBSCRIBER : ROLE_PUBLISHER,
		.left_at = TIME_NONE}};
	sends = session_sends(handles);
	for (size_t i = 0; i < json_object_array_length(handles); i++)
		handle_judge(survey, &session, json_object_array_get_idx(handles, i), sends);
}

/* Nobody reaches Janus but through its gate. A session that the gate does not have comes from
 * elsewhere. But for a while after its start, pages may come back to sessions of the gate before.
 */
static void strays_find(struct survey *survey, struct json_object *answer)
{
	bool claims = json_object_get_boolean(json_object_object_get(answer, "claimsArePossible"));

	survey->stray_count = 0;
	survey->strays = arena_alloc(survey->arena, (survey->alive_count + 1) * sizeof(char *));
	for (size_t i = 0; i < survey->alive_count && !claims; i++) {
		if (!text_listed(survey->held, survey->held_count, survey->alive[i]))
			survey->strays[survey->stray_count++] = survey->alive[i];
	}
}

static bool alive_list(const struct janus_admin *janus, struct survey *survey, struct error *error)
{
	struct json_object *answer, *sessions;
	int code;

	if (!janus_admin_core(janus, survey->arena, "list_sessions", "",
		janus->config->provider_timeout, &code, &answer, error))
		return false;
	sessions = json_member(answer, "sessions", json_type_array);
	if (code != JANUS_OK || sessions == NULL)
		return janus_refused(code, error);
	survey->alive_count = json_object_array_length(sessions);
	survey->alive = arena_alloc(survey->arena, (survey->alive_count + 1) * sizeof(char *));
	for (size_t i = 0; i < survey->alive_count; i++)
		survey->alive[i] = arena_printf(survey->arena, "%" PRIu64,
		    json_object_get_uint64(json_object_array_get_idx(sessions, i)));
	text_sort(survey->alive, survey->alive_count);
	return true;
}

/* Reads the gate's list. `people` is false for the second time: only the strays are of interest. */
static bool gate_ask(
    const struct janus_admin *janus, struct survey *survey, bool people, struct error *error)
{
	struct json_object *answer, *list;
	size_t count;

	if (!janus_gate_connections(janus, survey->arena, &answer, error))
		return false;
	list = json_member(answer, "connections", json_type_array);
	count = json_object_array_length(list);
	survey->held = arena_alloc(survey->arena, (count + 1) * sizeof(char *));
	survey->held_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct json_object *entry = json_object_array_get_idx(list, i);
		const char *device = json_text_member(entry, "janusSession");

		if (device != NULL)
			survey->held[survey->held_count++] = device;
		if (device != NULL && people)
			entry_judge(survey, entry, device);
	}
	text_sort(survey->held, survey->held_count);
	strays_find(survey, answer);
	return true;
}

bool janus_participants(void *state, struct arena *arena, const struct media_server *server,
    const char *const *known, size_t known_count, struct participants *participants,
    struct error *error)
{
	const struct janus_admin janus = janus_admin_of(state, server);
	struct survey survey = {
	    .arena = arena, .server = server->name, .known = known, .known_count = known_count};

	/* Janus' list first: the gate knows each of these sessions, or is about to forget it. It
	 * may not have read yet that one was made: it is asked again before a session counts as
	 * stray. */
	if (!alive_list(&janus, &survey, error) || !gate_ask(&janus, &survey, true, error))
		return false;
	if (survey.stray_count > 0 && !gate_ask(&janus, &survey, false, error))
		return false;
	*participants = (struct participants){.alive = survey.alive,
	    .alive_count = survey.alive_count,
	    .strays = survey.strays,
	    .stray_count = survey.stray_count,
	    .present = survey.items,
	    .present_count = survey.count};
	return true;
}
