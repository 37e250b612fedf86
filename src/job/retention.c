/* The job retention: deletes what is older than ARCHIVE_RETENTION_DAYS, RETENTION_DAYS and
 * AUDIT_RETENTION_DAYS. */
#include "service/retention.h"

#include "job/handlers.h"

bool job_retention(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	(void)arena;
	return retention_run(service, job, error);
}
