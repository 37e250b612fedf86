/* The queue of background jobs, for the worker that runs them. */
#ifndef CONFAB_SERVICE_JOB_QUEUE_H
#define CONFAB_SERVICE_JOB_QUEUE_H

#include "meeting/job.h"
#include "service/service.h"

/* Each function here has its own deadline. It returns false with the error if the table of jobs
 * cannot be used. */

/* Puts the missing recurring jobs of these kinds, due now: one of each kind, one JOB_RECONCILE for
 * each media server, and one JOB_RECORDINGS if this host keeps recordings. */
bool job_queue_seed(
    struct service *service, const char *const *kinds, size_t count, struct error *error);

/* Claims the job with the earliest due time in the worker's lane and on its host; `*found` is false
 * if there is none. The job keeps a reference to `worker`. */
bool job_queue_claim(struct service *service, struct arena *arena, const struct job_worker *worker,
    struct job *job, bool *found, struct error *error);

/* If another worker has the job by now, the next two change nothing but job->lease->lost. */

/* The job is done: removes it, unless somebody has put it again meanwhile. */
bool job_queue_done(struct service *service, const struct job *job, struct error *error);

/* The job must run again at `due`. `failure` is the reason, or NULL. */
bool job_queue_again(struct service *service, const struct job *job, int64_t due,
    const char *failure, struct error *error);

#endif
