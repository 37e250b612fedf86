/* What each kind of job does. */
#ifndef CONFAB_CTL_JOB_HANDLERS_H
#define CONFAB_CTL_JOB_HANDLERS_H

#include "api/call.h"
#include "store/jobs.h"

/* Runs with a service as a request does. False with an error: the job is tried again later. A
 * handler of several steps calls job_keep() between them. */
typedef bool job_handler(
    struct service *service, struct arena *arena, const struct job *job, struct error *error);

/* Renews the lease of the job in hand when a third of it has passed, else costs nothing. A step
 * must not take longer than the rest. False with the error when another worker has the job by now:
 * the handler ends its child processes and returns false. */
bool job_keep(struct service *service, const struct job *job, struct error *error);

job_handler job_room_end;
job_handler job_rooms;
job_handler job_reconcile;
job_handler job_expire;
job_handler job_recording_delete;

#endif
