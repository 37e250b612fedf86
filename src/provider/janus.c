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

/* What every request that changes a room has in it. */
static struct json_object *change_request(
    const struct janus *janus, struct arena *arena, const char *room)
{
	struct json_object *request = json_object_new_object();

	json_add_text(request, "room", room);
	json_add_text(request, "secret", room_secret(janus, arena, room));
	return request;
}

/* Adds tokens to the room's list or removes them; `tokens` is taken over. The same token again does
 * not make the list longer, and one that is not on it can be removed (measured). */
static bool list_change(const struct janus *janus, struct arena *arena, const char *room,
    const char *action, struct json_object *tokens, int *code, struct error *error)
{
	struct json_object *request = change_request(janus, arena, room);

	json_add_text(request, "action", action);
	json_object_object_add(request, "allowed", tokens);
	return janus_admin_plugin_tell(&janus->admin, arena, "allowed", request, code, error);
}

static bool tokens_remove(const struct janus *janus, struct arena *arena,
    const struct meeting *meeting, const char *const *attendees, size_t count, struct error *error)
{
	struct json_object *tokens = json_object_new_array();
	int code;

	/* Whoever may send has the same room token, and those who only watch are on no list. */
	for (size_t i = 0; i < count; i++)
		json_object_array_add(tokens, json_object_new_string(room_token(janus, arena,
						  meeting, attendees[i], ROLE_PUBLISHER)));
	if (!list_change(janus, arena, meeting->session_id, "remove", tokens, &code, error))
		return false;
	return code == JANUS_OK || code == JANUS_NO_ROOM || refused(code, error);
}

static bool dismiss(void *state, struct arena *arena, const struct meeting *meeting,
    const char *const *attendees, size_t count, struct error *error)
{
	return tokens_remove(state, arena, meeting, attendees, count, error);
}

static bool grant_listed(const struct grant *grants, size_t count, const char *attendee)
{
	for (size_t i = 0; i < count; i++) {
		if (may_send(&grants[i]) && strcmp(grants[i].attendee, attendee) == 0)
			return true;
	}
	return false;
}

/* Somebody who was put out between the reading of the grants and the making of the room was taken
 * off no list: there was none. */
static bool late_bans_follow(const struct admission *admission, const struct grant *given,
    size_t given_count, struct error *error)
{
	const char **gone = arena_alloc(admission->arena, (given_count + 1) * sizeof *gone);
	struct grant *now;
	size_t count, gone_count = 0;

	if (!admission->grants(admission->context, &now, &count, error))
		return false;
	for (size_t i = 0; i < given_count; i++) {
		if (!grant_listed(now, count, given[i].attendee))
			gone[gone_count++] = given[i].attendee;
	}
	return gone_count == 0 || tokens_remove(admission->janus, admission->arena,
				      admission->meeting, gone, gone_count, error);
}

/* Makes the room with the tokens of all who may send; `*code` is JANUS_ROOM_EXISTS if it was there.
 */
static bool room_create(const struct admission *admission, int *code, struct error *error)
{
	struct json_object *allowed, *response;
	struct grant *grants;
	size_t count;

	if (!admission->grants(admission->context, &grants, &count, error))
		return false;
	allowed = json_object_new_array();
	for (size_t i = 0; i < count; i++) {
		if (may_send(&grants[i]))
			token_append(admission, allowed, &grants[i]);
	}
	if (may_send(admission->grant) && !grant_listed(grants, count, admission->grant->attendee))
		token_append(admission, allowed, admission->grant);
	if (!janus_admin_plugin(&admission->janus->admin, admission->arena, "create",
		room_request(admission, allowed), code, &response, error))
		return false;
	return *code != JANUS_OK || count == 0 || late_bans_follow(admission, grants, count, error);
}

/* Adds this person's token to the room's list. */
static bool token_allow(const struct admission *admission, int *code, struct error *error)
{
	struct json_object *tokens = json_object_new_array();

	token_append(admission, tokens, admission->grant);
	return list_change(admission->janus, admission->arena, admission->meeting->session_id,
	    "add", tokens, code, error);
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
	struct json_object *response;
	int code;

	if (!janus_admin_plugin(&janus->admin, arena, "destroy",
		change_request(janus, arena, session_id), &code, &response, error))
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

/* What Janus says of a handle, or NULL when it, or its session, is not there (any more). */
static bool handle_info(const struct janus *janus, struct arena *arena, const char *connection_id,
    struct json_object **info, struct error *error)
{
	struct json_object *answer;
	int code;

	*info = NULL;
	if (!janus_admin_core(&janus->admin, arena, "handle_info",
		arena_printf(arena, "/%s", connection_id), janus->config->provider_timeout, &code,
		&answer, error))
		return false;
	if (code == JANUS_OK)
		*info = json_member(answer, "info", json_type_object);
	return true;
}

static bool stream_mute(const struct janus *janus, struct arena *arena, const char *room,
    const char *participant, const char *mid, bool muted, struct error *error)
{
	struct json_object *request = change_request(janus, arena, room);
	struct json_object *response;
	int code;

	json_add_text(request, "id", participant);
	json_add_text(request, "mid", mid);
	json_add_boolean(request, "mute", muted);
	if (!janus_admin_plugin(&janus->admin, arena, "moderate", request, &code, &response, error))
		return false;
	/* The room, the person or the stream may have gone meanwhile. */
	return code == JANUS_OK || code == JANUS_NO_ROOM || code == JANUS_NO_USER ||
	       refused(code, error);
}

/* All that a publisher's handle sends to be heard. Its streams are listed as {type, mid, …};
 * whether one is muted is not told (measured). */
static bool streams_mute(const struct janus *janus, struct arena *arena, const char *room,
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

static bool attendee_mute(void *state, struct arena *arena, const char *session_id,
    const char *const *connection_ids, size_t count, bool muted, bool *there, struct error *error)
{
	const struct janus *janus = state;

	*there = false;
	for (size_t i = 0; i < count; i++) {
		struct json_object *info;

		if (!handle_info(janus, arena, connection_ids[i], &info, error))
			return false;
		if (info == NULL)
			continue;
		*there = true;
		if (!streams_mute(janus, arena, session_id,
			json_member(info, "plugin_specific", json_type_object), muted, error))
			return false;
	}
	return true;
}

/* Sets what is recorded in a room; `*code` as the plugin says. */
static bool recording_switch(const struct janus *janus, struct arena *arena, const char *room,
    bool on, int *code, struct error *error)
{
	struct json_object *request = change_request(janus, arena, room);
	struct json_object *response;

	json_add_boolean(request, "record", on);
	return janus_admin_plugin(
	    &janus->admin, arena, "enable_recording", request, code, &response, error);
}

static bool recording_folder_set(const struct janus *janus, struct arena *arena, const char *room,
    const char *archive_id, int *code, struct error *error)
{
	const char *dir = janus->config->recordings_dir;
	struct json_object *request = change_request(janus, arena, room);
	struct json_object *response;

	recordings_prepare(dir, archive_id);
	json_add_text(request, "new_rec_dir", arena_printf(arena, "%s/%s", dir, archive_id));
	return janus_admin_plugin(&janus->admin, arena, "edit", request, code, &response, error);
}

/* Files are opened where the folder is when recording is switched on, so it is switched off first:
 * also when nobody knows that it was on. */
static bool recording_set(void *state, struct arena *arena, const char *session_id,
    const char *archive_id, struct error *error)
{
	const struct janus *janus = state;
	int code;

	if (!recording_switch(janus, arena, session_id, false, &code, error))
		return false;
	if (code == JANUS_OK && archive_id != NULL) {
		if (!recording_folder_set(janus, arena, session_id, archive_id, &code, error))
			return false;
		if (code == JANUS_OK &&
		    !recording_switch(janus, arena, session_id, true, &code, error))
			return false;
	}
	return code == JANUS_OK || code == JANUS_NO_ROOM || refused(code, error);
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

/* A handle counts as a connection when its token is good; it is in the meeting when it watches, or
 * has joined the token's room to send. */
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
	survey_add(survey,
	    &(struct presence){.session_id = identity.room,
		.outside = identity.role != ROLE_SUBSCRIBER && !sends,
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

/* The archive that a room's folder belongs to, if the room is being recorded. */
static const char *room_recording(struct json_object *item)
{
	const char *folder = json_text_member(item, "rec_dir");
	const char *slash = folder == NULL ? NULL : strrchr(folder, '/');

	if (!json_object_get_boolean(json_member(item, "record", json_type_boolean)))
		return NULL;
	return slash == NULL ? "" : slash + 1;
}

static bool rooms(
    void *state, struct arena *arena, struct room **rooms, size_t *count, struct error *error)
{
	const struct janus *janus = state;
	struct json_object *request = json_object_new_object();
	struct json_object *response, *list;
	int code;

	json_add_text(request, "admin_key", janus->config->janus_admin_key);
	if (!janus_admin_plugin(&janus->admin, arena, "list", request, &code, &response, error))
		return false;
	list = json_member(response, "list", json_type_array);
	if (code != JANUS_OK || list == NULL)
		return refused(code, error);
	*rooms = arena_alloc(arena, (json_object_array_length(list) + 1) * sizeof **rooms);
	*count = 0;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		const char *session_id = json_text_member(item, "room");

		if (session_id != NULL)
			(*rooms)[(*count)++] = (struct room){
			    .session_id = session_id, .recording_id = room_recording(item)};
	}
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
    .dismiss = dismiss,
    .attendee_mute = attendee_mute,
    .recording_set = recording_set,
    .token_mint = token_mint,
    .session_end = session_end,
    .device_remove = device_remove,
    .webhook_verify = webhook_verify,
    .webhook_parse = webhook_parse,
    .participants = participants,
    .rooms = rooms,
};
