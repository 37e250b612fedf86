/* Janus' rooms: made from the grants when they are needed, ended, listed and recorded. */
#include "provider/janus_rooms.h"

#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "provider/janus_token.h"

enum {
	GRANT_TRIES = 5, /* rounds of add and create when others make and end the room */
};

/* A room token is the same each time it is minted: its life is counted from the meeting's creation.
 */
#define ROOM_TOKEN_LIFE (400 * DAY)

/* What it takes to change or destroy a room; it never leaves the service. */
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

/* Who is being let in, and where the others' grants come from. */
struct admission {
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
    const struct admission *admission, struct json_object *list, const struct grant *grant)
{
	json_object_array_add(
	    list, json_object_new_string(room_entry(admission->janus, admission->arena,
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
		json_add_boolean(request, "record", true);
		json_add_text(request, "rec_dir",
		    arena_printf(
			admission->arena, "%s/%s", config->recordings_dir, meeting->recording_id));
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

/* Adds tokens to the room's list or removes them; `tokens` is taken over. The same token again does
 * not make the list longer, and one that is not on it can be removed (measured). */
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

	/* Whoever may send has the same room token, and those who only watch are on no list. */
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

/* Somebody who was put out between the reading of the grants and the making of the room was taken
 * off no list: there was none. */
static bool late_bans_follow(const struct admission *admission, const struct grant *given,
    size_t given_count, struct error *error)
{
	const char **gone = arena_alloc(admission->arena, (given_count + 1) * sizeof *gone);
	struct grant *now;
	size_t count, gone_count = 0;

	if (!admission->wish->grants(admission->wish->context, &now, &count, error))
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

	if (!admission->wish->grants(admission->wish->context, &grants, &count, error))
		return false;
	allowed = json_object_new_array();
	for (size_t i = 0; i < count; i++) {
		if (may_send(&grants[i]))
			token_append(admission, allowed, &grants[i]);
	}
	if (may_send(admission->grant) && !grant_listed(grants, count, admission->grant->attendee))
		token_append(admission, allowed, admission->grant);
	if (!janus_admin_plugin(admission->janus, admission->arena, "create",
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
	if (!janus_admin_plugin(
		admission->janus, admission->arena, "exists", request, &code, &response, error))
		return false;
	*there = code == JANUS_OK &&
		 json_object_get_boolean(json_member(response, "exists", json_type_boolean));
	return true;
}

/* For somebody who only watches the room has to be there, and that is all. */
static bool watcher_grant(const struct admission *admission, struct error *error)
{
	bool there;
	int code;

	if (!room_there(admission, &there, error))
		return false;
	if (there)
		return true;
	if (!room_create(admission, &code, error))
		return false;
	return code == JANUS_OK || code == JANUS_ROOM_EXISTS || janus_refused(code, error);
}

bool janus_room_grant(void *state, struct arena *arena, const struct session_ref *session,
    const struct grant_wish *wish, struct error *error)
{
	const struct janus_admin janus = janus_admin_of(state, &session->server);
	const struct admission admission = {.janus = &janus,
	    .arena = arena,
	    .meeting = wish->meeting,
	    .grant = wish->grant,
	    .wish = wish};
	int code = JANUS_NO_ROOM;

	if (wish->grant->role < ROLE_PUBLISHER)
		return watcher_grant(&admission, error);
	for (int i = 0; i < GRANT_TRIES; i++) {
		if (!token_allow(&admission, &code, error))
			return false;
		if (code != JANUS_NO_ROOM)
			break;
		if (!room_create(&admission, &code, error))
			return false;
		if (code != JANUS_ROOM_EXISTS)
			break; /* with our token in it; else somebody was quicker: add */
	}
	return code == JANUS_OK || janus_refused(code, error);
}

/* Sets what is recorded in a room; `*code` as the plugin says. */
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

/* Files are opened where the folder is when recording is switched on, so it is switched off first:
 * also when nobody knows that it was on. */
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
	return code == JANUS_OK || code == JANUS_NO_ROOM || janus_refused(code, error);
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
