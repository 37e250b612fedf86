/* The meeting that a provider's session belongs to. */
#ifndef CONFAB_SERVICE_SESSION_H
#define CONFAB_SERVICE_SESSION_H

#include "service/service.h"

/* Finds the meeting of a session as it is now, a deleted one too; its text lies in the arena.
 * `*found` says whether there is one. False when the database is out of reach. */
bool session_meeting(struct service *service, struct arena *arena, const char *session_id,
    struct meeting *meeting, bool *found, struct error *error);

#endif
