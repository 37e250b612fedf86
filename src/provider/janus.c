/* Janus as the provider. The rooms of its video room plugin are made from the grants when they are
 * needed; tokens are minted offline. janus_rooms.c and janus_people.c have the calls about rooms
 * and people. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "provider/janus_admin.h"
#include "provider/janus_events.h"
#include "provider/janus_people.h"
#include "provider/janus_rooms.h"
#include "provider/janus_software.h"
#include "provider/janus_token.h"
#include "provider/provider.h"
#include "provider/turn.h"

#define ID_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

enum {
	ROOM_ID_LEN = 22,  /* characters, 132 bits: the id of a room is enough to list it */
	DEVICE_SUFFIX = 8, /* characters that tell two devices of one person apart */
};

#define TOKEN_LIFE_MAX (30 * DAY)

static bool setting_need(const char *value, const char *name, struct error *error)
{
	if (*value != '\0')
		return true;
	return error_set(error, ERROR_INTERNAL, "%s: is missing (PROVIDER=janus needs it)", name);
}

static bool open(const struct config *config, void **state, struct error *error)
{
	struct janus_admin *janus;

	if (!setting_need(config->gate_control, "GATE_CONTROL", error) ||
	    !setting_need(config->gate_secret, "GATE_SECRET", error) ||
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
	*janus = (struct janus_admin){.config = config, .http = http_client_new()};
	*state = janus;
	return true;
}

static void close(void *state)
{
	struct janus_admin *janus = state;

	http_client_free(janus->http);
	free(janus);
}

static bool ping(void *state, struct arena *arena, const struct media_server *server,
    int64_t timeout, struct error *error)
{
	const struct janus_admin janus = janus_admin_of(state, server);
	struct json_object *answer;
	int code;

	if (!janus_admin_core(&janus, arena, "ping", "", timeout, &code, &answer, error))
		return false;
	if (code != JANUS_OK)
		return error_set(
		    error, ERROR_PROVIDER, "The media server answers with error %d.", code);
	/* Without its gate, nobody reaches it. This push has no events: the gate only answers. */
	return janus_gate_tell(state, arena, server, "/push", "{\"events\":[]}", timeout, error);
}

static bool session_create(void *state, struct arena *arena, const struct session_wish *wish,
    const char **session_id, struct error *error)
{
	char *id = arena_alloc(arena, ROOM_ID_LEN + 1);

	(void)state;
	(void)wish; /* all rooms can be recorded, and need no keys */
	(void)error;
	random_id(id, ROOM_ID_LEN); /* the first token makes the room itself */
	*session_id = id;
	return true;
}

static const char *websocket_url(
    const struct config *config, struct arena *arena, const struct media_server *server)
{
	if (server->public_url != NULL)
		return server->public_url;
	/* behind "http": "s://…" or "://…" */
	return arena_printf(arena, "ws%s%s/rtc", config->public_url + 4, config->base_path);
}

/* This device's id in the room: the one it has, if that is this person's; else a new one. */
static const char *participant_id(
    const struct config *config, struct arena *arena, const struct token_wish *wish)
{
	char *id = arena_alloc(arena, JANUS_PARTICIPANT_PREFIX + DEVICE_SUFFIX + 1);
	const char *own = wish->participant;

	janus_participant_prefix(
	    arena, config->service_secret, wish->meeting->session_id, wish->attendee, id);
	if (own != NULL && strlen(own) == JANUS_PARTICIPANT_PREFIX + DEVICE_SUFFIX &&
	    strncmp(own, id, JANUS_PARTICIPANT_PREFIX) == 0 &&
	    strspn(own, ID_CHARACTERS) == strlen(own))
		return own;
	random_id(id + JANUS_PARTICIPANT_PREFIX, DEVICE_SUFFIX);
	return id;
}

/* Janus' own tokens are the gate's: a browser has none. */
static bool token_mint(void *state, struct arena *arena, const struct session_ref *session,
    const struct token_wish *wish, struct json_writer *answer, struct gate_pass *pass,
    struct error *error)
{
	const struct config *config = ((const struct janus_admin *)state)->config;
	const struct meeting *meeting = wish->meeting;
	const char *participant = participant_id(config, arena, wish);

	(void)error;
	*pass = (struct gate_pass){
	    .participant = participant, .room_expiry = janus_room_token_expiry(meeting)};
	json_write_text(answer, "url", websocket_url(config, arena, &session->server));
	json_write_text(answer, "participantId", participant);
	turn_write(answer, "iceServers", arena, config, wish->expiry, participant);
	json_write_boolean(answer, "endToEndEncryption", meeting->end_to_end_encryption);
	return true;
}

static const char *participant_prefix(
    void *state, struct arena *arena, const char *session_id, const char *attendee)
{
	const struct janus_admin *janus = state;
	char *prefix = arena_alloc(arena, JANUS_PARTICIPANT_PREFIX + 1);

	janus_participant_prefix(
	    arena, janus->config->service_secret, session_id, attendee, prefix);
	return prefix;
}

static bool session_end(void *state, struct arena *arena, const struct session_ref *session,
    const char *const *devices, size_t device_count, struct error *error)
{
	const struct janus_admin janus = janus_admin_of(state, &session->server);

	if (!janus_room_destroy(&janus, arena, session->session_id, error))
		return false;
	/* People who only watch are not participants of the room. */
	for (size_t i = 0; i < device_count; i++) {
		if (!janus_device_remove(state, arena, &session->server, devices[i], error))
			return false;
	}
	return true;
}

/* Janus proves its identity with a user name and a password. */
static bool webhook_verify(const struct config *config, struct arena *arena,
    const struct webhook *request, struct error *error)
{
	const char *given = request->header(request->context, "Authorization");
	const char *pair =
	    arena_printf(arena, "%s:%s", config->janus_event_user, config->janus_event_password);
	unsigned char *decoded = NULL;
	size_t len = 0;

	if (given != NULL && strncasecmp(given, "Basic ", 6) == 0) {
		given += 6 + strspn(given + 6, " ");
		decoded = base64_decode(arena, given, strlen(given), &len);
	}
	return (decoded != NULL && secret_equal((const char *)decoded, len, pair, strlen(pair))) ||
	       error_set(error, ERROR_UNAUTHENTICATED,
		   "Events need the user name and password that they are configured with.");
}

static bool webhook_read(void *state, struct arena *arena, const struct webhook *request,
    struct events *events, struct error *error)
{
	const struct config *config = ((const struct janus_admin *)state)->config;
	const struct janus_secrets secrets = {.token_secret = config->janus_token_secret};

	return webhook_verify(config, arena, request, error) &&
	       janus_events_parse(arena, &secrets, request->body, request->body_len, events, error);
}

const struct provider provider_janus = {
    .name = "janus",
    .features = FEATURE_MUTE | FEATURE_RECORDING | FEATURE_END_TO_END_ENCRYPTION | FEATURE_GATE,
    .token_life_max = TOKEN_LIFE_MAX,
    .open = open,
    .close = close,
    .ping = ping,
    .software = janus_software,
    .session_create = session_create,
    .grant = janus_room_grant,
    .revoke = janus_room_revoke,
    .token_mint = token_mint,
    .gate_tell = janus_gate_tell,
    .participant_prefix = participant_prefix,
    .session_end = session_end,
    .device_remove = janus_device_remove,
    .attendee_mute = janus_attendee_mute,
    .recording_set = janus_room_record,
    .media_received = janus_media_received,
    .participants = janus_participants,
    .rooms = janus_rooms_list,
    .webhook_read = webhook_read,
};
