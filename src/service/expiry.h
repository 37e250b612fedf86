/* Expiry: removes old idempotency keys. */
#ifndef CONFAB_SERVICE_EXPIRY_H
#define CONFAB_SERVICE_EXPIRY_H

#include "meeting/job.h"
#include "service/service.h"

/* The work of the job expire: removes idempotency keys older than a day, in small batches. */
bool expiry_run(struct service *service, const struct job *job, struct error *error);

#endif
