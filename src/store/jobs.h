/* The table of jobs: work that no request waits for, shared by any number of workers on any hosts.
 * A job is (lane, kind, subject). There is at most one of a kind and a subject. */
#ifndef CONFAB_STORE_JOBS_H
#define CONFAB_STORE_JOBS_H

#include "meeting/job.h"
#include "store/db.h"

/* Adds a job in the lane of its kind. One of the same kind and subject is kept; it is due at the
 * earlier of the two times, and again if it is being worked on just now. `host` NULL: any host may
 * take it. */
enum db_outcome job_put(struct db *db, const char *kind, const char *subject, const char *host,
    int64_t due, int64_t now);

/* As job_put(), but a job of the same kind and subject keeps its time: for recurring jobs. If an
 * earlier release has put it into another lane, it moves to its own. */
enum db_outcome job_seed(
    struct db *db, const char *kind, const char *subject, int64_t due, int64_t now);

/* Claims the job of the worker's lane and host that has been due the longest and that nobody has a
 * lease on; `*found` is false when there is none. The worker's text is kept by reference. */
enum db_outcome job_claim(struct db *db, struct arena *arena, const struct job_worker *worker,
    int64_t now, struct job *job, bool *found);

/* These three are writes of the worker that has the job: when it has lost it, they change nothing
 * but job->lease->lost. */

/* The lease begins anew. */
enum db_outcome job_renew(struct db *db, const struct job *job, int64_t now);

/* The job is done: it is removed, unless it was put again meanwhile. */
enum db_outcome job_done(struct db *db, const struct job *job);

/* It is to run (again) at `due`; `error` is NULL or why. */
enum db_outcome job_again(struct db *db, const struct job *job, int64_t due, const char *error);

#endif
