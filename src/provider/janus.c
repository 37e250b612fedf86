/* Janus as the provider: rooms of its video room plugin, made from the grants when they are needed,
 * tokens minted offline. What it does with rooms and people is in files of their own. */
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

enum {
	ROOM_ID_LEN = 22,  /* characters, 132 bits: whoever knows a room's id can list it */
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

static bool ping(void *state, struct arena *arena, int64_t timeout, struct error *error)
{
	const struct janus_admin *janus = state;
	struct json_object *answer;
	int code;

	if (!janus_admin_core(janus, arena, "ping", "", timeout, &code, &answer, error))
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

static const char *websocket_url(const struct config *config, struct arena *arena)
{
	/* behind "http": "s://…" or "://…" */
	return arena_printf(arena, "ws%s%s/rtc", config->public_url + 4, config->base_path);
}

static bool token_mint(void *state, struct arena *arena, const struct token_wish *wish,
    struct json_writer *answer, struct error *error)
{
	const struct janus_admin *janus = state;
	const struct meeting *meeting = wish->meeting;
	const struct janus_identity identity = {.expiry = wish->expiry,
	    .room = meeting->session_id,
	    .attendee = wish->attendee,
	    .role = wish->role,
	    .tenant = meeting->tenant};
	char participant[JANUS_PARTICIPANT_PREFIX + DEVICE_SUFFIX + 1];

	(void)error;
	janus_participant_prefix(
	    arena, janus->config->service_secret, meeting->session_id, wish->attendee, participant);
	random_id(participant + JANUS_PARTICIPANT_PREFIX, DEVICE_SUFFIX);
	json_write_text(
	    answer, "token", janus_core_token(arena, janus->config->janus_token_secret, &identity));
	json_write_text(answer, "url", websocket_url(janus->config, arena));
	json_write_text(answer, "roomToken",
	    janus_room_entry(janus, arena, meeting, wish->attendee, wish->role));
	json_write_text(answer, "participantId", participant);
	turn_write(answer, "iceServers", arena, janus->config, wish->expiry, participant);
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

static bool session_end(void *state, struct arena *arena, const char *session_id,
    const char *const *devices, size_t device_count, struct error *error)
{
	const struct janus_admin *janus = state;

	if (!janus_room_destroy(janus, arena, session_id, error))
		return false;
	/* Those who only watch are no participants of the room. */
	for (size_t i = 0; i < device_count; i++) {
		if (!janus_device_remove(state, arena, devices[i], error))
			return false;
	}
	return true;
}

static bool webhook_verify(void *state, const struct webhook *webhook, struct error *error)
{
	const struct janus_admin *janus = state;
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
	const struct janus_admin *janus = state;
	const struct janus_secrets secrets = {.token_secret = janus->config->janus_token_secret,
	    .service_secret = janus->config->service_secret};

	return janus_events_parse(arena, &secrets, webhook->body, webhook->body_len, events, error);
}

const struct provider provider_janus = {
    .name = "janus",
    .token_life_max = TOKEN_LIFE_MAX,
    .open = open,
    .close = close,
    .ping = ping,
    .software = janus_software,
    .session_create = session_create,
    .grant = janus_room_grant,
    .revoke = janus_room_revoke,
    .attendee_mute = janus_attendee_mute,
    .recording_set = janus_room_record,
    .token_mint = token_mint,
    .participant_prefix = participant_prefix,
    .session_end = session_end,
    .device_remove = janus_device_remove,
    .webhook_verify = webhook_verify,
    .webhook_parse = webhook_parse,
    .participants = janus_participants,
    .rooms = janus_rooms_list,
};
