/* Calls: the connections on this host's media server now. This needs no database. */
#ifndef CONFAB_SERVICE_CALLS_H
#define CONFAB_SERVICE_CALLS_H

#include "service/service.h"

/* Can the provider list its connections? */
bool calls_known(const struct service *service);

/* Asks the media server for the number of connections that are in meetings now. */
bool calls_count(struct service *service, size_t *count, struct error *error);

#endif
