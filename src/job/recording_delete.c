/* The job recording-delete: removes the files of a deleted archive. */
#include "job/handlers.h"
#include "service/archives.h"

bool job_recording_delete(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	return recording_files_delete(service, arena, job, error);
}
