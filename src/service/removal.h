/* Removing somebody from a meeting: the provider's part of a ban. */
#ifndef CONFAB_SERVICE_REMOVAL_H
#define CONFAB_SERVICE_REMOVAL_H

#include "service/service.h"

/* Sets ERROR_FORBIDDEN with the message that all operations use for a removed attendee. */
bool attendee_removed(struct error *error);

/* Revokes the person's grant at the provider. Call this after the COMMIT of the ban: a token
 * request that overlaps the ban reads the ban after its own call of the provider. If a moderator
 * readmits the person meanwhile, their next token gives the provider the grant again. */
bool removal_revoke(struct service *service, struct arena *arena, const struct meeting *meeting,
    const char *attendee, struct error *error);

#endif
