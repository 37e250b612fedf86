/* The job recordings: looks after the recordings whose files are on this host. */
#include "job/handlers.h"
#include "service/recording_watch.h"

bool job_recordings(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	return recordings_watch(service, arena, job, error);
}
