/* Janus as the provider: rooms of its video room plugin, made from the grants when they are needed,
 * tokens minted offline. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "archive/recordings.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "provider/janus_admin.h"
#include "provider/janus_events.h"
#include "provider/janus_token.h"
#include "provider/provider.h"
#include "provider/turn.h"

enum {
	ROOM_ID_LEN = 22,  /* characters, 132 bits: whoever knows a room's id can list it */
	DEVICE_SUFFIX = 8, /* characters that tell two devices of one person apart */
	ADMIT_TRIES = 5,   /* rounds of add and create when others make and end the room */
};

/* A room token is the same each time it is minted: its life is counted from the meeting's creation.
 */
#define ROOM_TOKEN_LIFE (400 * DAY)
#define TOKEN_LIFE_MAX  (30 * DAY)

struct janus {
	const struct config *config;
	struct janus_admin admin;
};

static bool setting_need(const char *value, const char *name, struct error *error)
{
	if (*value != '\0')
		return true;
	return error_set(error, ERROR_INTERNAL, "%s: is missing (PROVIDER=janus needs it)", name);
}

static bool open(const struct config *config, void **state, struct error *error)
{
	struct janus *janus;

	if (!setting_need(config->janus_admin_url, "JANUS_ADMIN_URL", error) ||
	    !setting_need(config->janus_admin_secret, "JANUS_ADMIN_SECRET", error) ||
	    !setting_need(config->janus_admin_key, "JANUS_ADMIN_KEY", error) ||
	    !setting_need(config->janus_token_secret, "JANUS_TOKEN_SECRET", error) ||
	    !setting_need(config->janus_event_user, "JANUS_EVENT_USER", error) ||
	    !setting_need(config->janus_event_password, "JANUS_EVENT_PASSWORD", error))
		return false;
	if (strchr(config->janus_event_user, ':') != NULL)
		return error_set(error, ERROR_INTERNAL, "JANUS_EVENT_USER: must not hold a colon");
	janus = calloc(1, sizeof *janus);
	if (janus == NULL)
		abort();
	janus->config = config;
	janus->admin = (struct janus_admin){.config = config, .http = http_client_new()};
	*state = janus;
	return true;
}

static void close(void *state)
{
	struct janus *janus = state;

	http_client_free(janus->admin.http);
	free(janus);
}

static bool ping(void *state, struct arena *arena, int64_t timeout, struct error *error)
{
	const struct janus *janus = state;
	struct json_object *answer;
	int code;

	if (!janus_admin_core(&janus->admin, arena, "ping", "", timeout, &code, &answer, error))
		return false;
	return code == JANUS_OK ||
	       error_set(error, ERROR_PROVIDER, "The video server answers with error %d.", code);
}

static bool session_create(
    void *state, struct arena *arena, const char **session_id, struct error *error)
{
	char *id = arena_alloc(arena, ROOM_ID_LEN + 1);

	(void)state;
	(void)error;
	random_id(id, ROOM_ID_LEN); /* the room itself is made at the first token */
	*session_id = id;
	return true;
}

/* What it takes to change or destroy a room; it never leaves the service. */
static const char *room_secret(const struct janus *janus, struct arena *arena, const char *room)
{
	unsigned char digest[SHA256_SIZE];

	derive(arena, janus->config->service_secret, "room-secret", room, NULL, digest);
	return base64url_encode(arena, digest, sizeof digest);
}

static const char *room_token(const struct janus *janus, struct arena *arena,
    const struct meeting *meeting, const char *attendee, enum role role)
{
	const struct janus_identity identity = {
	    .expiry = meeting->created_on + ROOM_TOKEN_LIFE,
	    .room = meeting->session_id,
	    .attendee = attendee,
	    .role = role,
	};

	return janus_room_token(arena, janus->config->janus_token_secret, &identity);
}

static bool refused(int code, struct error *error)
{
	return error_set(error, ERROR_PROVIDER, "The video server refused a call (code %d).", code);
}

/* Who is being let in, and where the others' grants come from. */
struct admission {
	const struct janus *janus;
	struct arena *arena;
	const struct meeting *meeting;
	const struct grant *grant;
	bool (*grants)(void *, struct grant **, size_t *, struct error *);
	void *context;
};

static bool may_send(const struct grant *grant)
{
	return grant->role >= ROLE_PUBLISHER && grant->banned_on == TIME_NONE;
}

static void token_append(
    const struct admission *admission, struct json_object *list, const struct grant *grant)
{
	json_object_array_add(
	    list, json_object_new_string(room_token(admission->janus, admission->arena,
		      admission->meeting, grant->attendee, grant->role)));
}

static struct json_object *room_request(
    const struct admission *admission, struct json_object *allowed)
{
	const struct config *config = admission->janus->config;
	const struct meeting *meeting = admission->meeting;
	struct json_object *request = json_object_new_object();

	json_add_text(request, "admin_key", config->janus_admin_key);
	json_add_text(request, "room", meeting->session_id);
	json_add_text(request, "description", "Confab");
	json_add_boolean(request, "is_private", true);
	json_add_text(request, "secret",
	    room_secret(admission->janus, admission->arena, meeting->session_id));
	json_add_integer(request, "publishers", config->janus_room_publishers);
	if (config->janus_room_bitrate > 0)
		json_add_integer(request, "bitrate", config->janus_room_bitrate);
	json_add_boolean(request, "signed_tokens", true);
	json_object_object_add(request, "allowed", allowed);
	json_add_boolean(request, "notify_joining", true);
	json_add_boolean(request, "audiolevel_event", true);
	json_add_boolean(request, "lock_record", true);
	json_add_boolean(request, "permanent", false);
	if (meeting->end_to_end_encryption)
		json_add_boolean(request, "require_e2ee", true);
	if (meeting->recording_id != NULL && *config->recordings_dir != '\0') {
		recordings_prepare(config->recordings_dir, meeting->recording_id);
		json_add_boolean(request, "record", true);
		json_add_text(request, "rec_dir",
		    arena_printf(
			admission->arena, "%s/%s", config->recordings_dir, meeting->recording_id));
	}
	return request;
}

/* Makes the room with the tokens of all who may send; `*code` is JANUS_ROOM_EXISTS if it was there.
 */
static bool room_create(const struct admission *admission, int *code, struct error *error)
{
	struct json_object *allowed, *response;
	struct grant *grants;
	size_t count;
	bool listed = !may_send(admission->grant);

	if (!admission->grants(admission->context, &grants, &count, error))
		return false;
	allowed = json_object_new_array();
	for (size_t i = 0; i < count; i++) {
		if (!may_send(&grants[i]))
			continue;
		listed = listed || strcmp(grants[i].attendee, admission->grant->attendee) == 0;
		token_append(admission, allowed, &grants[i]);
	}
	if (!listed)
		token_append(admission, allowed, admission->grant);
	return janus_admin_plugin(&admission->janus->admin, admission->arena, "create",
	    room_request(admission, allowed), code, &response, error);
}

/* Adds this person's token to the room's list. The same token again does not make the list longer.
 */
static bool token_allow(const struct admission *admission, int *code, struct error *error)
{
	const char *room = admission->meeting->session_id;
	struct json_object *request = json_object_new_object();
	struct json_object *tokens = json_object_new_array();

	token_append(admission, tokens, admission->grant);
	json_add_text(request, "room", room);
	json_add_text(request, "secret", room_secret(admission->janus, admission->arena, room));
	json_add_text(request, "action", "add");
	json_object_object_add(request, "allowed", tokens);
	return janus_admin_plugin_tell(
	    &admission->janus->admin, admission->arena, "allowed", request, code, error);
}

static bool room_there(const struct admission *admission, bool *there, struct error *error)
{
	struct json_object *request = json_object_new_object();
	struct json_object *response;
	int code;

	json_add_text(request, "room", admission->meeting->session_id);
	if (!janus_admin_plugin(&admission->janus->admin, admission->arena, "exists", request,
		&code, &response, error))
		return false;
	*there = code == JANUS_OK &&
		 json_object_get_boolean(json_member(response, "exists", json_type_boolean));
	return true;
}

/* For somebody who only watches the room has to be there, and that is all. */
static bool watcher_admit(const struct admission *admission, struct error *error)
{
	bool there;
	int code;

	if (!room_there(admission, &there, error))
		return false;
	if (there)
		return true;
	if (!room_create(admission, &code, error))
		return false;
	return code == JANUS_OK || code == JANUS_ROOM_EXISTS || refused(code, error);
}

static bool admit(void *state, struct arena *arena, const struct meeting *meeting,
    const struct grant *grant, bool (*grants)(void *, struct grant **, size_t *, struct error *),
    void *context, struct error *error)
{
	const struct admission admission = {.janus = state,
	    .arena = arena,
	    .meeting = meeting,
	    .grant = grant,
	    .grants = grants,
	    .context = context};
	int code = JANUS_NO_ROOM;

	if (grant->role < ROLE_PUBLISHER)
		return watcher_admit(&admission, error);
	for (int i = 0; i < ADMIT_TRIES; i++) {
		if (!token_allow(&admission, &code, error))
			return false;
		if (code != JANUS_NO_ROOM)
			break;
		if (!room_create(&admission, &code, error))
			return false;
		if (code != JANUS_ROOM_EXISTS)
			break; /* with our token in it; else somebody was quicker: add */
	}
	return code == JANUS_OK || refused(code, error);
}

static const char *websocket_url(const struct config *config, struct arena *arena)
{
	const char *rest = config->public_url + 4; /* behind "http": "s://…" or "://…" */
	size_t len = strlen(rest);

	while (len > 0 && rest[len - 1] == '/')
		len--;
	return arena_printf(arena, "ws%.*s%s/rtc", (int)len, rest, config->base_path);
}

static bool token_mint(void *state, struct arena *arena, const struct token_wish *wish,
    struct json_writer *answer, struct error *error)
{
	const struct janus *janus = state;
	const struct meeting *meeting = wish->meeting;
	const struct janus_identity identity = {.expiry = wish->expiry,
	    .room = meeting->session_id,
	    .attendee = wish->attendee,
	    .role = wish->role};
	char participant[JANUS_PARTICIPANT_PREFIX + DEVICE_SUFFIX + 1];

	(void)error;
	janus_participant_prefix(
	    arena, janus->config->service_secret, meeting->session_id, wish->attendee, participant);
	random_id(participant + JANUS_PARTICIPANT_PREFIX, DEVICE_SUFFIX);
	json_write_text(
	    answer, "token", janus_core_token(arena, janus->config->janus_token_secret, &identity));
	json_write_text(answer, "url", websocket_url(janus->config, arena));
	json_write_text(
	    answer, "roomToken", room_token(janus, arena, meeting, wish->attendee, wish->role));
	json_write_text(answer, "participantId", participant);
	turn_write(answer, "iceServers", arena, janus->config, wish->expiry, participant);
	json_write_boolean(answer, "endToEndEncryption", meeting->end_to_end_encryption);
	return true;
}

static bool device_remove(void *state, struct arena *arena, const char *device, struct error *error)
{
	const struct janus *janus = state;
	struct json_object *answer;
	int code;

	if (*device == '\0' || strspn(device, "0123456789") != strlen(device))
		return true; /* no session of Janus' */
	if (!janus_admin_core(&janus->admin, arena, "destroy_session",
		arena_printf(arena, "/%s", device), janus->config->provider_timeout, &code, &answer,
		error))
		return false;
	return code == JANUS_OK || code == JANUS_NO_SESSION || refused(code, error);
}

static bool session_end(void *state, struct arena *arena, const char *session_id,
    const char *const *devices, size_t device_count, struct error *error)
{
	const struct janus *janus = state;
	struct json_object *request = json_object_new_object();
	struct json_object *response;
	int code;

	json_add_text(request, "room", session_id);
	json_add_text(request, "secret", room_secret(janus, arena, session_id));
	if (!janus_admin_plugin(&janus->admin, arena, "destroy", request, &code, &response, error))
		return false;
	if (code != JANUS_OK && code != JANUS_NO_ROOM)
		return refused(code, error);
	/* Those who only watch are no participants of the room. */
	for (size_t i = 0; i < device_count; i++) {
		if (!device_remove(state, arena, devices[i], error))
			return false;
	}
	return true;
}

static bool webhook_verify(void *state, const struct webhook *webhook, struct error *error)
{
	const struct janus *janus = state;
	const char *given = webhook->authorization;
	struct arena *arena = arena_new();
	const char *pair = arena_printf(
	    arena, "%s:%s", janus->config->janus_event_user, janus->config->janus_event_password);
	unsigned char *decoded = NULL;
	size_t len = 0;
	bool good;

	if (given != NULL && strncasecmp(given, "Basic ", 6) == 0) {
		given += 6 + strspn(given + 6, " ");
		decoded = base64_decode(arena, given, strlen(given), &len);
	}
	good = decoded != NULL && secret_equal((const char *)decoded, len, pair, strlen(pair));
	arena_free(arena);
	return good || error_set(error, ERROR_UNAUTHENTICATED,
			   "Events need the user name and password that they are configured with.");
}

static bool webhook_parse(void *state, struct arena *arena, const struct webhook *webhook,
    struct events *events, struct error *error)
{
	const struct janus *janus = state;
	const struct janus_secrets secrets = {.token_secret = janus->config->janus_token_secret,
	    .service_secret = janus->config->service_secret};

	return janus_events_parse(arena, &secrets, webhook->body, webhook->body_len, events, error);
}

/* Looking at who is connected: each session that is not known yet, and each of its handles. */
struct survey {
	const struct janus *janus;
	struct arena *arena;
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

/* A handle counts as a connection when its session's token is good and it watches, or it has joined
 * the token's room to send. */
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
	bool sends;

	if (token == NULL ||
	    !janus_token_read(survey->arena, secret, token, strlen(token), &identity))
		return;
	sends = type != NULL && strcmp(type, "publisher") == 0 && room != NULL &&
		strcmp(room, identity.room) == 0 && participant != NULL;
	if (identity.role != ROLE_SUBSCRIBER && !sends)
		return;
	survey_add(survey,
	    &(struct presence){.session_id = identity.room,
		.connection = {
		    .connection_id = arena_printf(survey->arena, "%s/%s", session, handle),
		    .device = session,
		    .participant = sends ? participant : "",
		    .attendee = identity.attendee,
		    .role = identity.role == ROLE_SUBSCRIBER ? ROLE_SUBSCRIBER : ROLE_PUBLISHER,
		    .left_at = TIME_NONE}});
}

/* A session or handle that goes away meanwhile is no failure. */
static bool handle_survey(
    struct survey *survey, const char *session, const char *handle, struct error *error)
{
	struct json_object *answer;
	int code;

	if (!janus_admin_core(&survey->janus->admin, survey->arena, "handle_info",
		arena_printf(survey->arena, "/%s/%s", session, handle),
		survey->janus->config->provider_timeout, &code, &answer, error))
		return false;
	if (code == JANUS_OK)
		handle_judge(
		    survey, session, handle, json_member(answer, "info", json_type_object));
	return true;
}

static const char *item_text(struct arena *arena, struct json_object *list, size_t i)
{
	return arena_printf(
	    arena, "%" PRIu64, json_object_get_uint64(json_object_array_get_idx(list, i)));
}

static bool session_survey(struct survey *survey, const char *session, struct error *error)
{
	struct json_object *answer, *handles;
	int code;

	if (!janus_admin_core(&survey->janus->admin, survey->arena, "list_handles",
		arena_printf(survey->arena, "/%s", session),
		survey->janus->config->provider_timeout, &code, &answer, error))
		return false;
	handles = json_member(answer, "handles", json_type_array);
	for (size_t i = 0;
	     code == JANUS_OK && handles != NULL && i < json_object_array_length(handles); i++) {
		if (!handle_survey(survey, session, item_text(survey->arena, handles, i), error))
			return false;
	}
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

static bool participants(void *state, struct arena *arena, const char *const *known,
    size_t known_count, const char *const **alive, size_t *alive_count, struct presence **present,
    size_t *present_count, struct error *error)
{
	struct survey survey = {.janus = state, .arena = arena};
	struct json_object *answer, *sessions;
	const char **names;
	size_t count;
	int code;

	if (!janus_admin_core(&survey.janus->admin, arena, "list_sessions", "",
		survey.janus->config->provider_timeout, &code, &answer, error))
		return false;
	sessions = json_member(answer, "sessions", json_type_array);
	if (code != JANUS_OK || sessions == NULL)
		return refused(code, error);
	count = json_object_array_length(sessions);
	names = arena_alloc(arena, (count + 1) * sizeof *names);
	for (size_t i = 0; i < count; i++) {
		names[i] = item_text(arena, sessions, i);
		if (!text_listed(known, known_count, names[i]) &&
		    !session_survey(&survey, names[i], error))
			return false;
	}
	*alive = names;
	*alive_count = count;
	*present = survey.items;
	*present_count = survey.count;
	return true;
}

static bool rooms(void *state, struct arena *arena, const char *const **session_ids, size_t *count,
    struct error *error)
{
	const struct janus *janus = state;
	struct json_object *request = json_object_new_object();
	struct json_object *response, *list;
	const char **ids;
	int code;

	json_add_text(request, "admin_key", janus->config->janus_admin_key);
	if (!janus_admin_plugin(&janus->admin, arena, "list", request, &code, &response, error))
		return false;
	list = json_member(response, "list", json_type_array);
	if (code != JANUS_OK || list == NULL)
		return refused(code, error);
	ids = arena_alloc(arena, (json_object_array_length(list) + 1) * sizeof *ids);
	*count = 0;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *room = json_text_member(json_object_array_get_idx(list, i), "room");

		if (room != NULL)
			ids[(*count)++] = room;
	}
	*session_ids = ids;
	return true;
}

const struct provider provider_janus = {
    .name = "janus",
    .token_life_max = TOKEN_LIFE_MAX,
    .open = open,
    .close = close,
    .ping = ping,
    .session_create = session_create,
    .admit = admit,
    .token_mint = token_mint,
    .session_end = session_end,
    .device_remove = device_remove,
    .webhook_verify = webhook_verify,
    .webhook_parse = webhook_parse,
    .participants = participants,
    .rooms = rooms,
};
