/* The job archive-upload: brings the files of an archive to its storage. */
#include "job/handlers.h"
#include "service/upload.h"

bool job_archive_upload(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	return archive_upload(service, arena, job, error);
}
