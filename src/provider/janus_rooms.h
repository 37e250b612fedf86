/* Janus' rooms, one for each meeting, named by its session id. */
#ifndef CONFAB_PROVIDER_JANUS_ROOMS_H
#define CONFAB_PROVIDER_JANUS_ROOMS_H

#include "provider/janus_admin.h"
#include "provider/provider.h"

/* The functions with a `void *state`, a struct janus_admin, are the provider's of these meanings:
 * grant, revoke, recording_set and rooms of provider/provider.h. */
bool janus_room_grant(void *state, struct arena *arena, const struct session_ref *session,
    const struct grant_wish *wish, struct error *error);

bool janus_room_revoke(void *state, struct arena *arena, const struct session_ref *session,
    const struct meeting *meeting, const char *const *attendees, size_t count, struct error *error);

bool janus_room_record(void *state, struct arena *arena, const struct session_ref *session,
    const char *archive_id, struct error *error);

bool janus_rooms_list(void *state, struct arena *arena, const struct media_server *server,
    struct room **rooms, size_t *count, struct error *error);

/* The expiry of the room tokens of a meeting. A room token is the same each time for the same
 * person and role: so the signalling gate mints the one that is on the room's list. */
int64_t janus_room_token_expiry(const struct meeting *meeting);

/* What every request that changes a room has in it; for janus_admin_plugin(). */
struct json_object *janus_room_change(
    const struct janus_admin *janus, struct arena *arena, const char *room);

/* A room that is not there is success. */
bool janus_room_destroy(
    const struct janus_admin *janus, struct arena *arena, const char *room, struct error *error);

#endif
