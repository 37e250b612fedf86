/* The people in Janus: their sessions, handles and streams. */
#ifndef CONFAB_PROVIDER_JANUS_PEOPLE_H
#define CONFAB_PROVIDER_JANUS_PEOPLE_H

#include "provider/janus_admin.h"
#include "provider/provider.h"

/* attendee_mute, media_received, device_remove and participants of provider/provider.h; the state
 * is a struct janus_admin. */
bool janus_attendee_mute(void *state, struct arena *arena, const struct session_ref *session,
    const char *const *connection_ids, size_t count, bool muted, bool *there, struct error *error);

bool janus_media_received(void *state, struct arena *arena, const struct session_ref *session,
    const char *const *connection_ids, size_t count, int64_t *bytes, struct error *error);

bool janus_device_remove(void *state, struct arena *arena, const struct media_server *server,
    const char *device, struct error *error);

bool janus_participants(void *state, struct arena *arena, const struct media_server *server,
    const char *const *known, size_t known_count, struct participants *participants,
    struct error *error);

#endif
