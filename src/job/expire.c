/* The job expire: removes idempotency keys older than a day. */
#include "base/clock.h"
#include "job/handlers.h"
#include "service/job_keep.h"
#include "store/idempotency.h"

enum {
	BATCH = 1000, /* rows a statement: short locks, small write sets in a cluster */
};

static enum db_outcome batch_expire(struct db *db, void *context)
{
	return idempotency_expire(db, clock_now(), BATCH, context);
}

bool job_expire(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	uint64_t removed;

	(void)arena;
	do {
		if (!job_keep(service, job, error))
			return false;
		db_deadline_start(service->db);
		if (!db_run_plain(service->db, batch_expire, &removed, error))
			return false;
	} while (removed == BATCH);
	return true;
}
