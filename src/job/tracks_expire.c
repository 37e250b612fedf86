/* The job tracks-expire: removes what an archive's result does not need. */
#include "job/handlers.h"
#include "service/processing.h"

bool job_tracks_expire(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	return archive_tracks_expire(service, arena, job, error);
}
