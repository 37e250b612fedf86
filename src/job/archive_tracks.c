/* The job archive-tracks: makes a file of each person's tracks. */
#include "job/handlers.h"
#include "service/processing.h"

bool job_archive_tracks(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	return archive_tracks_make(service, arena, job, error);
}
