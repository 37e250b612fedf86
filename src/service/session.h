/* The meeting that a provider's session belongs to, and the other way round. */
#ifndef CONFAB_SERVICE_SESSION_H
#define CONFAB_SERVICE_SESSION_H

#include "service/service.h"

/* Finds the meeting of a session as it is now, a deleted one too; its text lies in the arena.
 * `*found` says whether there is one. False when the database is out of reach. */
bool session_meeting(struct service *service, struct arena *arena, const char *session_id,
    struct meeting *meeting, bool *found, struct error *error);

/* How the provider is told of a session. `server` is the meeting's; NULL: it has not been placed,
 * or it is older than media servers, and is on the first one if anywhere. False when the database
 * is out of reach, or does not know the server. */
bool session_refer(struct service *service, struct arena *arena, const char *server,
    const char *session_id, struct session_ref *session, struct error *error);

#endif
