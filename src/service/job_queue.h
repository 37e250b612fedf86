/* The queue of background jobs, as the worker that runs them sees it. */
#ifndef CONFAB_SERVICE_JOB_QUEUE_H
#define CONFAB_SERVICE_JOB_QUEUE_H

#include "meeting/job.h"
#include "service/service.h"

/* Each of these has a deadline of its own. False with the error when the table of jobs cannot be
 * used. */

/* Puts the recurring jobs of these kinds that are not there yet, due now: one of each kind, and
 * JOB_RECONCILE for each media server. */
bool job_queue_seed(
    struct service *service, const char *const *kinds, size_t count, struct error *error);

/* Claims the job of the worker's lane and host that has been due the longest; `*found` says whether
 * there is one. `worker` is kept by reference. */
bool job_queue_claim(struct service *service, struct arena *arena, const struct job_worker *worker,
    struct job *job, bool *found, struct error *error);

/* The next two change nothing but job->lease->lost when another worker has the job by now. */

/* The job is done: it is removed, unless it was put again meanwhile. */
bool job_queue_done(struct service *service, const struct job *job, struct error *error);

/* The job must run again at `due`; `failure` is NULL or why. */
bool job_queue_again(struct service *service, const struct job *job, int64_t due,
    const char *failure, struct error *error);

#endif
