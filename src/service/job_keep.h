/* Keeping a job's lease while its work goes on. */
#ifndef CONFAB_SERVICE_JOB_KEEP_H
#define CONFAB_SERVICE_JOB_KEEP_H

#include "service/service.h"
#include "store/jobs.h"

/* Renews the lease of the job in hand when a third of it has passed, else costs nothing. A step
 * must not take longer than the rest. False with the error when another worker has the job by now:
 * the work ends its child processes and stops. */
bool job_keep(struct service *service, const struct job *job, struct error *error);

#endif
