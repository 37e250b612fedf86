/* Renews the lease of a job while the worker runs it. */
#ifndef CONFAB_SERVICE_JOB_KEEP_H
#define CONFAB_SERVICE_JOB_KEEP_H

#include "service/service.h"
#include "store/jobs.h"

/* Renews the job's lease if a third of it has passed; otherwise this costs nothing. A step between
 * two calls must not take longer than the other two thirds. False with the error if another worker
 * has the job by now: then the caller ends its child processes and stops. */
bool job_keep(struct service *service, const struct job *job, struct error *error);

#endif
