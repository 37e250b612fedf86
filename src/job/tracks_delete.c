/* The job tracks-delete: removes the track files of an erased person. */
#include "job/handlers.h"
#include "service/archives.h"

bool job_tracks_delete(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	return recording_tracks_delete(service, arena, job, error);
}
