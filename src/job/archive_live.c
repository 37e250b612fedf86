/* The job archive-live: composes what is over of a recording that goes on. */
#include "job/handlers.h"
#include "service/processing.h"

bool job_archive_live(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	return archive_live(service, arena, job, error);
}
