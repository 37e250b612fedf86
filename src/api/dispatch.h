/* From a front end's request to its answer, with the checks in the order that confab(7) says. */
#ifndef CONFAB_API_DISPATCH_H
#define CONFAB_API_DISPATCH_H

#include "api/call.h"

/* Makes the service's parts from its configuration, without touching a file or a server. The error
 * names the setting that is wrong. To be closed in any case. */
bool service_prepare(struct service *service, struct error *error);

/* The same, and counts in METRICS_FILE from now on. */
bool service_open(struct service *service, struct error *error);
void service_close(struct service *service);

/* Answers one request and logs and counts it. Everything is freed with `arena`, which the caller
 * resets. */
void dispatch(struct service *service, struct arena *arena, const struct front *front);

#endif
