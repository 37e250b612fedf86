/* The job archive-compose: makes the composed file of an archive. */
#include "job/handlers.h"
#include "service/processing.h"

bool job_archive_compose(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	return archive_compose(service, arena, job, error);
}
