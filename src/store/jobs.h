/* The table of jobs: work that no request waits for, shared by any number of workers on any hosts.
 * A job is (lane, kind, subject); there is at most one of a kind and a subject. */
#ifndef CONFAB_STORE_JOBS_H
#define CONFAB_STORE_JOBS_H

#include "store/db.h"

/* A worker's hold on a job. Every write of the worker names the number, and does nothing when the
 * job has another one by now: the worker was slow, and its job went to another worker. */
struct job_lease {
	int64_t number;  /* raised by each claim */
	int64_t length;  /* microseconds from a renewal until others may take the job */
	int64_t renewed; /* on the monotonic clock */
	bool lost;       /* a write has found another number, or no job any more */
};

struct job {
	int64_t id;
	int64_t version;
	const char *kind;
	const char *subject; /* what it is about; "": there is one job of this kind alone */
	unsigned attempts;
	const char *worker;      /* who has it */
	struct job_lease *lease; /* lies in the arena of the claim */
};

enum {
	JOB_SUBJECT_MAX = 255, /* bytes */
};

/* Adds a job in the lane of its kind (job_kinds.h). One of the same kind and subject is kept; it is
 * due at the earlier of the two times, and again if it is being worked on just now. `host` NULL:
 * any host may take it. */
enum db_outcome job_put(struct db *db, const char *kind, const char *subject, const char *host,
    int64_t due, int64_t now);

/* As job_put(), but a job of the same kind and subject stays exactly as it is: for recurring ones.
 * One that stands in another lane (an earlier release put it there) moves to its own. */
enum db_outcome job_seed(
    struct db *db, const char *kind, const char *subject, int64_t due, int64_t now);

/* Who claims jobs. The text is kept by reference. */
struct job_worker {
	const char *lane;
	const char *host;
	const char *name; /* no other running worker has it */
	int64_t lease;    /* microseconds */
};

/* Claims the job of the worker's lane and host that has been due the longest and that nobody has a
 * lease on; `*found` is false when there is none. */
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
