/* The job expire: removes idempotency keys older than a day. */
#include "base/clock.h"
#include "job/handlers.h"
#include "service/job_keep.h"
#include "store/idempotency.h"

enum {
	BATCH = 1000, /* rows a statement: short locks, small write sets in a cluster */
};

bool job_expire(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	uint64_t removed;

	(void)arena;
	do {
		if (!job_keep(service, job, error))
			return false;
		db_deadline_start(service->db);
		if (!db_once(service->db, error,
			idempotency_expire(service->db, clock_now(), BATCH, &removed)))
			return false;
	} while (removed == BATCH);
	return true;
}
