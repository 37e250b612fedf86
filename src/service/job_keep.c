/* Keeping a job's lease while its work goes on. */
#include "service/job_keep.h"

#include "base/clock.h"

static enum db_outcome renew(struct db *db, void *context)
{
	const struct job *job = context;

	return job_renew(db, job, clock_now());
}

bool job_keep(struct service *service, const struct job *job, struct error *error)
{
	struct job_lease *lease = job->lease;
	int64_t now = clock_monotonic();

	if (!lease->lost && now - lease->renewed >= lease->length / 3) {
		db_deadline_start(service->db);
		if (!db_run_plain(service->db, renew, (void *)job, error))
			return false;
		lease->renewed = now;
	}
	return !lease->lost ||
	       error_set(error, ERROR_CONFLICT, "another worker has the job by now");
}
