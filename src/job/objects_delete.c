/* The job objects-delete: removes the files of a deleted archive from its storage. */
#include "job/handlers.h"
#include "service/upload.h"

bool job_objects_delete(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	return archive_objects_delete(service, arena, job, error);
}
