/* The job recording-delete: removes the files of a deleted archive, on the host that has them. */
#include "archive/recordings.h"
#include "ctl/job_handlers.h"
#include "store/job_kinds.h"

bool job_recording_delete(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	(void)arena;
	if (*service->config.recordings_dir == '\0')
		return true;
	return recordings_delete(service->config.recordings_dir, job_subject(job), error);
}
