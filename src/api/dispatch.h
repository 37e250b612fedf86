/* From a front end's request to its answer: the order of checks of CONTRACT.md. */
#ifndef CONFAB_API_DISPATCH_H
#define CONFAB_API_DISPATCH_H

#include "api/call.h"

/* Makes the service's parts from its configuration. The error names what is wrong. */
bool service_open(struct service *service, struct error *error);
void service_close(struct service *service);

/* Answers one request and logs and counts it. Everything is freed with `arena`, which the caller
 * resets. */
void dispatch(struct service *service, struct arena *arena, const struct front *front);

#endif
