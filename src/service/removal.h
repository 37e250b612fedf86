/* Removing somebody from a meeting: what follows at the provider from a ban. */
#ifndef CONFAB_SERVICE_REMOVAL_H
#define CONFAB_SERVICE_REMOVAL_H

#include "service/service.h"

/* ERROR_FORBIDDEN with the words that all operations use for an attendee who was removed. */
bool attendee_removed(struct error *error);

/* Has the provider let this person send no more. To be called after the ban is committed: a token
 * request that was under way looks at the ban after its own call of the provider. Should the person
 * be readmitted while this is at work, their next token has the provider let them send again. */
bool removal_revoke(struct service *service, struct arena *arena, const struct meeting *meeting,
    const char *attendee, struct error *error);

#endif
