/* Webhooks: events that the provider posts. */
#ifndef CONFAB_SERVICE_WEBHOOK_H
#define CONFAB_SERVICE_WEBHOOK_H

#include "service/service.h"

/* Keeps the events of a request that came at `now`. True only after the COMMIT. The same events in
 * any order and any number of times leave the same rows (meeting/attendance.h).
 *
 * An event that cannot be read, or that a fault of the service hits, does not hold up the others of
 * its body: they are kept, and it is logged and counted. The error is then ERROR_MALFORMED or
 * ERROR_INTERNAL: to send it again is of no use. ERROR_UNAVAILABLE means that it is.
 * ERROR_UNAUTHENTICATED without the provider's proof: nothing is kept. */
bool webhook_keep(struct service *service, struct arena *arena, const struct webhook *webhook,
    int64_t now, struct error *error);

#endif
