/* Webhooks: keeps the events that the provider posts. */
#ifndef CONFAB_SERVICE_WEBHOOK_H
#define CONFAB_SERVICE_WEBHOOK_H

#include "service/service.h"

/* Keeps the events of a request that came at `now`. True only after the COMMIT. The same events in
 * any order and any number of times leave the same rows (meeting/attendance.h).
 *
 * If an event is malformed, or a fault of the service hits it, it is logged and counted; the other
 * events of its body are kept. The error is then ERROR_MALFORMED or ERROR_INTERNAL: the provider
 * need not send it again. After ERROR_UNAVAILABLE it should. ERROR_UNAUTHENTICATED without the
 * provider's proof: nothing is kept. */
bool webhook_keep(struct service *service, struct arena *arena, const struct webhook *webhook,
    int64_t now, struct error *error);

#endif
