/* The job retention: deletes what RETENTION_DAYS and AUDIT_RETENTION_DAYS do not keep. */
#include "service/retention.h"

#include "job/handlers.h"

bool job_retention(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	(void)arena;
	return retention_run(service, job, error);
}
