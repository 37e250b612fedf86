/* The queue of background jobs, as the worker that runs them sees it. */
#include "service/job_queue.h"

#include "base/clock.h"
#include "store/jobs.h"

static enum db_outcome seed(struct db *db, const char *const *kinds, size_t count)
{
	int64_t now = clock_now();

	for (size_t i = 0; i < count; i++)
		DB_TRY(job_seed(db, kinds[i], "", now, now));
	return DB_OK;
}

bool job_queue_seed(
    struct service *service, const char *const *kinds, size_t count, struct error *error)
{
	db_deadline_start(service->db);
	return db_once(service->db, error, seed(service->db, kinds, count));
}

bool job_queue_claim(struct service *service, struct arena *arena, const struct job_worker *worker,
    struct job *job, bool *found, struct error *error)
{
	db_deadline_start(service->db);
	return db_transact(
	    service->db, error, job_claim(service->db, arena, worker, clock_now(), job, found));
}

bool job_queue_done(struct service *service, const struct job *job, struct error *error)
{
	db_deadline_start(service->db);
	return db_once(service->db, error, job_done(service->db, job));
}

bool job_queue_again(struct service *service, const struct job *job, int64_t due,
    const char *failure, struct error *error)
{
	db_deadline_start(service->db);
	return db_once(service->db, error, job_again(service->db, job, due, failure));
}
