/* The table of jobs: work that no request waits for, shared by any number of workers on any hosts.
 */
#ifndef CONFAB_STORE_JOBS_H
#define CONFAB_STORE_JOBS_H

#include "meeting/job.h"
#include "store/db.h"

/* Adds a job; one with the same key is kept, and is due at the earlier of the two times (and again,
 * if it is being worked on just now). `host` NULL: any host may take it. */
enum db_outcome job_put(
    struct db *db, const char *kind, const char *dedup, const char *host, int64_t due, int64_t now);

/* As job_put(), but a job with the same key is left exactly as it is: for recurring ones. */
enum db_outcome job_seed(
    struct db *db, const char *kind, const char *dedup, int64_t due, int64_t now);

/* Takes the job that has been due the longest and that nobody has a lease on, for `lease`
 * microseconds; `*found` is false when there is none. `worker` is kept by reference, and no other
 * running worker has that name. */
enum db_outcome job_claim(struct db *db, struct arena *arena, const char *host, const char *worker,
    int64_t lease, int64_t now, struct job *job, bool *found);

/* These three are writes of the worker that has the job: when it has lost it, they change nothing
 * but job->lease->lost. */

/* The lease begins anew. */
enum db_outcome job_renew(struct db *db, const struct job *job, int64_t now);

/* The job is done: it is removed, unless it was put again meanwhile. */
enum db_outcome job_done(struct db *db, const struct job *job);

/* It is to run (again) at `due`; `error` is NULL or why. */
enum db_outcome job_again(struct db *db, const struct job *job, int64_t due, const char *error);

#endif
