/* Expiry: removes old idempotency keys. */
#include "service/expiry.h"

#include "base/clock.h"
#include "service/job_keep.h"
#include "store/idempotency.h"

enum {
	BATCH = 1000, /* rows of a statement: short locks, small write sets in a cluster */
};

bool expiry_run(struct service *service, const struct job *job, struct error *error)
{
	uint64_t removed;

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
