/* Janus' rooms, one for each meeting, named by its session id. */
#ifndef CONFAB_PROVIDER_JANUS_ROOMS_H
#define CONFAB_PROVIDER_JANUS_ROOMS_H

#include "provider/janus_admin.h"
#include "provider/provider.h"

/* grant, revoke, recording_set and rooms of provider/provider.h; the state is a struct janus_admin.
 */
bool janus_room_grant(void *state, struct arena *arena, const struct session_ref *session,
    const struct grant_wish *wish, struct error *error);

bool janus_room_revoke(void *state, struct arena *arena, const struct session_ref *session,
    const struct meeting *meeting, const char *const *attendees, size_t count, struct error *error);

bool janus_room_record(void *state, struct arena *arena, const struct session_ref *session,
    const char *archive_id, struct error *error);

bool janus_rooms_list(void *state, struct arena *arena, const struct media_server *server,
    struct room **rooms, size_t *count, struct error *error);

/* The expiry of the meeting's room tokens. The room token of a person and role is always the same:
 * so the signalling gate mints the one that is on the room's list. */
int64_t janus_room_token_expiry(const struct meeting *meeting);

/* Makes a request that changes a room, for janus_admin_plugin(). */
struct json_object *janus_room_change(
    const struct janus_admin *janus, struct arena *arena, const char *room);

/* Destroys the room. A room that does not exist is success. */
bool janus_room_destroy(
    const struct janus_admin *janus, struct arena *arena, const char *room, struct error *error);

#endif
