/* Finds the meeting of a provider's session, and the session of a meeting. */
#ifndef CONFAB_SERVICE_SESSION_H
#define CONFAB_SERVICE_SESSION_H

#include "service/service.h"

/* Reads the meeting of a session; it may be deleted. Its text lies in the arena. `*found` is false
 * if there is none. False if the database is out of reach. */
bool session_meeting(struct service *service, struct arena *arena, const char *session_id,
    struct meeting *meeting, bool *found, struct error *error);

/* Makes the provider's reference to a session. `server` is the meeting's server. It is NULL if the
 * meeting was not placed, or is older than the table media_servers: then the reference names the
 * first server. False if the database is out of reach, or has no such server. */
bool session_refer(struct service *service, struct arena *arena, const char *server,
    const char *session_id, struct session_ref *session, struct error *error);

#endif
