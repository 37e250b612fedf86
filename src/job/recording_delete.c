/* The job recording-delete: removes the files of a deleted archive, on the host that has them. */
#include "archive/recordings.h"
#include "base/log.h"
#include "job/handlers.h"
#include "store/archives.h"
#include "store/job_kinds.h"
#include "store/retention.h"

enum {
	TRIES_MAX = 300, /* a day, with the pauses of runner.c */
};

/* The row of an archive outlives its meeting until its files are gone. */
static bool forget(struct service *service, const char *archive_id, struct error *error)
{
	return db_once(service->db, error, archive_forget(service->db, archive_id));
}

/* A host that has no files of it leaves the job to the one that has. When none comes for it in a
 * day, that name is nobody's any more: a single machine was renamed, and had no files of it. */
bool job_recording_delete(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	const struct config *config = &service->config;
	const char *archive_id = job->subject;
	const char *kept_by = NULL, *host;
	bool found = false;

	if (!db_once(
		service->db, error, archive_host_find(service->db, arena, archive_id, &kept_by)) ||
	    !recordings_delete(config->recordings_dir, archive_id, &found, error))
		return false;
	if (recordings_settled(config, kept_by, found))
		return forget(service, archive_id, error);
	host = kept_by == NULL ? "the host that keeps recordings" : kept_by;
	if (job->attempts < TRIES_MAX)
		return error_set(error, ERROR_UNAVAILABLE,
		    "the recording's files are not here; this waits for %.200s", host);
	log_event("warning", "no host has files of the deleted archive %s; %s has not come for it",
	    archive_id, host);
	return forget(service, archive_id, error);
}
