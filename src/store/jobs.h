/* The table of jobs: work that no request waits for, shared by any number of workers on any hosts.
 * A job is (lane, kind, subject). There is at most one of a kind and a subject. */
#ifndef CONFAB_STORE_JOBS_H
#define CONFAB_STORE_JOBS_H

#include "meeting/job.h"
#include "store/db.h"

/* Adds a job in the lane of its kind. If there is one of the same kind and subject, it stays, and
 * is due at the earlier of the two times; if it is running now, it runs again. `host` NULL: any
 * host may take it. */
enum db_outcome job_put(struct db *db, const char *kind, const char *subject, const char *host,
    int64_t due, int64_t now);

/* As job_put(), but a job of the same kind and subject keeps its time: for recurring jobs. If an
 * earlier release has put it into another lane, it moves to its own. */
enum db_outcome job_seed(struct db *db, const char *kind, const char *subject, const char *host,
    int64_t due, int64_t now);

/* Claims the job with the earliest due time and without a lease, in the worker's lane and on its
 * host. `*found` is false if there is none. The job keeps references to the worker's text. */
enum db_outcome job_claim(struct db *db, struct arena *arena, const struct job_worker *worker,
    int64_t now, struct job *job, bool *found);

/* Does a worker have the job of this kind and subject? */
enum db_outcome job_is_leased(
    struct db *db, const char *kind, const char *subject, int64_t now, bool *leased);

/* Only the worker that has the job calls these three. If it has lost the job, they change nothing
 * but job->lease->lost. */

/* Renews the lease. */
enum db_outcome job_renew(struct db *db, const struct job *job, int64_t now);

/* The job is done: removes it, unless somebody has put it again meanwhile. */
enum db_outcome job_done(struct db *db, const struct job *job);

/* The job must run again at `due`. `error` is the reason, or NULL. */
enum db_outcome job_again(struct db *db, const struct job *job, int64_t due, const char *error);

#endif
