/* The job recording-delete: removes the files of a deleted archive, on the host that has them. */
#include "archive/recordings.h"
#include "base/log.h"
#include "job/handlers.h"
#include "store/archives.h"
#include "store/job_kinds.h"

enum {
	TRIES_MAX = 300, /* a day, with the pauses of runner.c */
};

struct recording_delete {
	struct arena *arena;
	const char *archive_id;
	const char *host; /* of the archive's row */
};

static enum db_outcome host_find(struct db *db, void *context)
{
	struct recording_delete *delete = context;

	return archive_host_find(db, delete->arena, delete->archive_id, &delete->host);
}

/* A host that has no files of it leaves the job to the one that has. When none comes for it in a
 * day, that name is nobody's any more: a single machine was renamed, and had no files of it. */
bool job_recording_delete(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	const struct config *config = &service->config;
	struct recording_delete delete = {.arena = arena, .archive_id = job_subject(job)};
	const char *host;
	bool found;

	if (!db_run_plain(service->db, host_find, &delete, error) ||
	    !recordings_delete(config->recordings_dir, delete.archive_id, &found, error))
		return false;
	if (recordings_settled(config, delete.host, found))
		return true;
	host = delete.host == NULL ? "the host that keeps recordings" : delete.host;
	if (job->attempts < TRIES_MAX)
		return error_set(error, ERROR_UNAVAILABLE,
		    "the recording's files are not here; this waits for %.200s", host);
	log_event("warning", "no host has files of the deleted archive %s; %s has not come for it",
	    delete.archive_id, host);
	return true;
}
