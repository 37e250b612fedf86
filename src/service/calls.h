/* Calls: who is connected to the media server now. */
#ifndef CONFAB_SERVICE_CALLS_H
#define CONFAB_SERVICE_CALLS_H

#include "service/service.h"

/* Can the provider say who is connected? */
bool calls_known(const struct service *service);

/* How many connections are in meetings now, as the provider sees them. */
bool calls_count(struct service *service, size_t *count, struct error *error);

#endif
