/* Renews the lease of a job while the worker runs it. */
#include "service/job_keep.h"

#include "base/clock.h"

bool job_keep(struct service *service, const struct job *job, struct error *error)
{
	struct job_lease *lease = job->lease;
	int64_t now = clock_monotonic();

	if (!lease->lost && now - lease->renewed >= lease->length / 3) {
		db_deadline_start(service->db);
		if (!db_once(service->db, error, job_renew(service->db, job, clock_now())))
			return false;
		lease->renewed = now;
	}
	return !lease->lost || error_set(error, ERROR_CONFLICT, "another worker has the job now");
}
