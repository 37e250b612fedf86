/* Janus' rooms: makes them from the grants, and ends, lists and records them. */
#include "provider/janus_rooms.h"

#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "provider/janus_token.h"

enum {
	GRANT_TRIES = 5, /* rounds of add and create while others make and end the room */
	/* While a room is recorded, Janus asks each sender for a key frame after this time, in
	 * seconds. A recording can only be decoded from a key frame on, and without this a quiet
	 * call sends none for minutes. */
	KEY_FRAME_INTERVAL = 10,
};

/* Each minting gives the same room token: its life begins at the meeting's creation. */
#define ROOM_TOKEN_LIFE (400 * DAY)

/* The secret for changing or destroying a room. It never leaves the service. */
static const char *room_secret(
    const struct janus_admin *janus, struct arena *arena, const char *room)
{
	unsigned char digest[SHA256_SIZE];

	derive(arena, janus->config->service_secret, "room-secret", room, NULL, digest);
	return base64url_encode(arena, digest, sizeof digest);
}

int64_t janus_room_token_expiry(const struct meeting *meeting)
{
	return meeting->created_on + ROOM_TOKEN_LIFE;
}

static const char *room_entry(const struct janus_admin *janus, struct arena *arena,
    const struct meeting *meeting, const char *attendee, enum role role)
{
	const struct janus_identity identity = {
	    .expiry = janus_room_token_expiry(meeting),
	    .room = meeting->session_id,
	    .attendee = attendee,
	    .role = role,
	};

	return janus_room_token(arena, janus->config->janus_token_secret, &identity);
}

/* One call of grant(). */
struct granting {
	const struct janus_admin *janus;
	struct arena *arena;
	const struct meeting *meeting;
	const struct grant *grant;
	const struct grant_wish *wish;
};

static bool may_send(const struct grant *grant)
{
	return grant->role >= ROLE_PUBLISHER && grant->banned_on == TIME_NONE;
}

static void token_append(
    const struct granting *granting, struct json_object *list, const struct grant *grant)
{
	json_object_array_add(
	    list, json_object_new_string(room_entry(granting->janus, granting->arena,
		      granting->meeting, grant->attendee, grant->role)));
}

static struct json_object *room_request(
    const struct granting *granting, struct json_object *allowed)
{
	const struct config *config = granting->janus->config;
	const struct meeting *meeting = granting->meeting;
	struct json_object *request = json_object_new_object();

	json_add_text(request, "admin_key", config->janus_admin_key);
	json_add_text(request, "room", meeting->session_id);
	json_add_text(request, "description", "Confab");
	json_add_boolean(request, "is_private", true);
	json_add_text(
	    request, "secret", room_secret(granting->janus, granting->arena, meeting->session_id));
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
		json_add_boolean(request, "record", true);
		json_add_text(request, "rec_dir",
		    arena_printf(
			granting->arena, "%s/%s", config->recordings_dir, meeting->recording_id));
		json_add_integer(request, "fir_freq", KEY_FRAME_INTERVAL);
	}
	return request;
}

struct json_object *janus_room_change(
    const struct janus_admin *janus, struct arena *arena, const char *room)
{
	struct json_object *request = json_object_new_object();

	json_add_text(request, "room", room);
	json_add_text(request, "secret", room_secret(janus, arena, room));
	return request;
}

/* Adds tokens to the room's list or removes them, and frees `tokens`. Adding a token twice or
 * removing an absent one is no error, and changes nothing (measured). */
static bool list_change(const struct janus_admin *janus, struct arena *arena, const char *room,
    const char *action, struct json_object *tokens, int *code, struct error *error)
{
	struct json_object *request = janus_room_change(janus, arena, room);

	json_add_text(request, "action", action);
	json_object_object_add(request, "allowed", tokens);
	return janus_admin_plugin_tell(janus, arena, "allowed", request, code, error);
}

static bool tokens_remove(const struct janus_admin *janus, struct arena *arena,
    const struct meeting *meeting, const char *const *attendees, size_t count, struct error *error)
{
	struct json_object *tokens = json_object_new_array();
	int code;

	/* Publishers and moderators have the same room token. People who only watch have none in
	 * the list. */
	for (size_t i = 0; i < count; i++)
		json_object_array_add(tokens, json_object_new_string(room_entry(janus, arena,
						  meeting, attendees[i], ROLE_PUBLISHER)));
	if (!list_change(janus, arena, meeting->session_id, "remove", tokens, &code, error))
		return false;
	return code == JANUS_OK || code == JANUS_NO_ROOM || janus_refused(code, error);
}

bool janus_room_revoke(void *state, struct arena *arena, const struct session_ref *session,
    const struct meeting *meeting, const char *const *attendees, size_t count, struct error *error)
{
	const struct janus_admin janus = janus_admin_of(state, &session->server);

	return tokens_remove(&janus, arena, meeting, attendees, count, error);
}

static bool grant_listed(const struct grant *grants, size_t count, const char *attendee)
{
	for (size_t i = 0; i < count; i++) {
		if (may_send(&grants[i]) && strcmp(grants[i].attendee, attendee) == 0)
			return true;
	}
	return false;
}

/* A ban while the room was being created could not revoke the token. Revokes it now. */
static bool late_bans_follow(const struct granting *granting, const struct grant *given,
    size_t given_count, struct error *error)
{
	const char **gone = arena_alloc(granting->arena, (given_count + 1) * sizeof *gone);
	struct grant *now;
	size_t count, gone_count = 0;

	if (!granting->wish->grants(granting->wish->context, &now, &count, error))
		return false;
	for (size_t i = 0; i < given_count; i++) {
		if (!grant_listed(now, count, given[i].attendee))
			gone[gone_count++] = given[i].attendee;
	}
	return gone_count == 0 || tokens_remove(granting->janus, granting->arena, granting->meeting,
				      gone, gone_count, error);
}

/* Makes the room with the tokens of all sending grants. `*code` is JANUS_ROOM_EXISTS if the room
 * exists. */
static bool room_create(const struct granting *granting, int *code, struct error *error)
{
	struct json_object *allowed, *response;
	struct grant *grants;
	size_t count;

	if (!granting->wish->grants(granting->wish->context, &grants, &count, error))
		return false;
	allowed = json_object_new_array();
	for (size_t i = 0; i < count; i++) {
		if (may_send(&grants[i]))
			token_append(granting, allowed, &grants[i]);
	}
	if (may_send(granting->grant) && !grant_listed(grants, count, granting->grant->attendee))
		token_append(granting, allowed, granting->grant);
	if (!janus_admin_plugin(granting->janus, granting->arena, "create",
		room_request(granting, allowed), code, &response, error))
		return false;
	return *code != JANUS_OK || count == 0 || late_bans_follow(granting, grants, count, error);
}

/* Adds this person's token to the room's list. */
static bool token_allow(const struct granting *granting, int *code, struct error *error)
{
	struct json_object *tokens = json_object_new_array();

	token_append(granting, tokens, granting->grant);
	return list_change(granting->janus, granting->arena, granting->meeting->session_id, "add",
	    tokens, code, error);
}

static bool room_there(const struct granting *granting, bool *there, struct error *error)
{
	struct json_object *request = json_object_new_object();
	struct json_object *response;
	int code;

	json_add_text(request, "room", granting->meeting->session_id);
	if (!janus_admin_plugin(
		granting->janus, granting->arena, "exists", request, &code, &response, error))
		return false;
	*there = code == JANUS_OK &&
		 json_object_get_boolean(json_member(response, "exists", json_type_boolean));
	return true;
}

/* A person who only watches needs the room and no token in it. */
static bool watcher_grant(const struct granting *granting, struct error *error)
{
	bool there;
	int code;

	if (!room_there(granting, &there, error))
		return false;
	if (there)
		return true;
	if (!room_create(granting, &code, error))
		return false;
	return code == JANUS_OK || code == JANUS_ROOM_EXISTS || janus_refused(code, error);
}

bool janus_room_grant(void *state, struct arena *arena, const struct session_ref *session,
    const struct grant_wish *wish, struct error *error)
{
	const struct janus_admin janus = janus_admin_of(state, &session->server);
	const struct granting granting = {.janus = &janus,
	    .arena = arena,
	    .meeting = wish->meeting,
	    .grant = wish->grant,
	    .wish = wish};
	int code = JANUS_NO_ROOM;

	if (wish->grant->role < ROLE_PUBLISHER)
		return watcher_grant(&granting, error);
	for (int i = 0; i < GRANT_TRIES; i++) {
		if (!token_allow(&granting, &code, error))
			return false;
		if (code != JANUS_NO_ROOM)
			break;
		if (!room_create(&granting, &code, error))
			return false;
		if (code != JANUS_ROOM_EXISTS)
			break; /* the new room has the token; another one's room gets it next */
	}
	return code == JANUS_OK || janus_refused(code, error);
}

/* Switches recording in a room on or off. `*code` is the plugin's. */
static bool recording_switch(const struct janus_admin *janus, struct arena *arena, const char *room,
    bool on, int *code, struct error *error)
{
	struct json_object *request = janus_room_change(janus, arena, room);
	struct json_object *response;

	json_add_boolean(request, "record", on);
	return janus_admin_plugin(
	    janus, arena, "enable_recording", request, code, &response, error);
}

static bool recording_folder_set(const struct janus_admin *janus, struct arena *arena,
    const char *room, const char *archive_id, int *code, struct error *error)
{
	const char *dir = janus->config->recordings_dir;
	struct json_object *request = janus_room_change(janus, arena, room);
	struct json_object *response;

	json_add_text(request, "new_rec_dir", arena_printf(arena, "%s/%s", dir, archive_id));
	return janus_admin_plugin(janus, arena, "edit", request, code, &response, error);
}

/* Asks for key frames every `seconds`; 0: only when somebody needs one. Call it after recording was
 * switched on: the first request follows with the next packet, and its key frame is recorded. */
static bool key_frames_set(const struct janus_admin *janus, struct arena *arena, const char *room,
    int seconds, int *code, struct error *error)
{
	struct json_object *request = janus_room_change(janus, arena, room);
	struct json_object *response;

	json_add_integer(request, "new_fir_freq", seconds);
	return janus_admin_plugin(janus, arena, "edit", request, code, &response, error);
}

/* Janus opens the files when recording is switched on, in the folder of that moment. So recording
 * is switched off first, in any case. */
bool janus_room_record(void *state, struct arena *arena, const struct session_ref *session,
    const char *archive_id, struct error *error)
{
	const struct janus_admin janus = janus_admin_of(state, &session->server);
	const char *room = session->session_id;
	int code;

	if (!recording_switch(&janus, arena, room, false, &code, error))
		return false;
	if (code == JANUS_OK && archive_id != NULL) {
		if (!recording_folder_set(&janus, arena, room, archive_id, &code, error))
			return false;
		if (code == JANUS_OK && !recording_switch(&janus, arena, room, true, &code, error))
			return false;
	}
	if (code == JANUS_OK && !key_frames_set(&janus, arena, room,
				    archive_id == NULL ? 0 : KEY_FRAME_INTERVAL, &code, error))
		return false;
	return code == JANUS_OK || code == JANUS_NO_ROOM || janus_refused(code, error);
}

/* The archive of the room's folder; NULL: the room is not recorded. */
static const char *room_recording(struct json_object *item)
{
	const char *folder = json_text_member(item, "rec_dir");
	const char *slash = folder == NULL ? NULL : strrchr(folder, '/');

	if (!json_object_get_boolean(json_member(item, "record", json_type_boolean)))
		return NULL;
	return slash == NULL ? "" : slash + 1;
}

bool janus_rooms_list(void *state, struct arena *arena, const struct media_server *server,
    struct room **rooms, size_t *count, struct error *error)
{
	const struct janus_admin janus = janus_admin_of(state, server);
	struct json_object *request = json_object_new_object();
	struct json_object *response, *list;
	int code;

	json_add_text(request, "admin_key", janus.config->janus_admin_key);
	if (!janus_admin_plugin(&janus, arena, "list", request, &code, &response, error))
		return false;
	list = json_member(response, "list", json_type_array);
	if (code != JANUS_OK || list == NULL)
		return janus_refused(code, error);
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

bool janus_room_destroy(
    const struct janus_admin *janus, struct arena *arena, const char *room, struct error *error)
{
	struct json_object *response;
	int code;

	if (!janus_admin_plugin(janus, arena, "destroy", janus_room_change(janus, arena, room),
		&code, &response, error))
		return false;
	return code == JANUS_OK || code == JANUS_NO_ROOM || janus_refused(code, error);
}
