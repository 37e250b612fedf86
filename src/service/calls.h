/* Calls: who is connected to this host's media server now. The database is not asked. */
#ifndef CONFAB_SERVICE_CALLS_H
#define CONFAB_SERVICE_CALLS_H

#include "service/service.h"

/* Can the provider say who is connected? */
bool calls_known(const struct service *service);

/* How many connections are in meetings now, as the media server sees them. */
bool calls_count(struct service *service, size_t *count, struct error *error);

#endif
