/* Expiry: removes old idempotency keys, and codes of expired invites and of deleted meetings. */
#ifndef CONFAB_SERVICE_EXPIRY_H
#define CONFAB_SERVICE_EXPIRY_H

#include "meeting/job.h"
#include "service/service.h"

/* The work of the job expire: removes idempotency keys older than a day, and codes of invites that
 * expired long ago (INVITE_CODE_KEPT) or whose meeting is deleted, in small batches. */
bool expiry_run(struct service *service, const struct job *job, struct error *error);

#endif
