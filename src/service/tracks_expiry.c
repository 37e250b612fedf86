/* Removes the track files of recordings whose result is there. */
#include <string.h>

#include "archive/recordings.h"
#include "base/clock.h"
#include "service/processing.h"
#include "store/archive_files.h"
#include "store/archives.h"

struct expiry {
	struct service *service;
	struct arena *arena;
	struct archive archive;
	struct archive_file *files;
	size_t count;
	bool found;
};

/* With a composed file the tracks are no result: nobody finds them any more, before they go. */
static enum db_outcome tracks_forget(struct expiry *expiry, const char *archive_id)
{
	struct db *db = expiry->service->db;

	DB_TRY(archive_find_any(db, expiry->arena, archive_id, &expiry->archive, &expiry->found));
	expiry->found = expiry->found && (strcmp(expiry->archive.status, "available") == 0 ||
					     strcmp(expiry->archive.status, "uploaded") == 0);
	if (!expiry->found)
		return DB_OK;
	DB_TRY(archive_files_find(db, expiry->arena, archive_id, &expiry->files, &expiry->count));
	if (strcmp(expiry->archive.output_mode, OUTPUT_INDIVIDUAL) == 0)
		return DB_OK;
	return archive_tracks_replace(db, archive_id, NULL, clock_now());
}

/* Is it no file of the result? */
static bool is_unwanted(const void *context, const char *name)
{
	const struct expiry *expiry = context;

	for (size_t i = 0; i < expiry->count; i++) {
		if (expiry->files[i].local_copy && strcmp(expiry->files[i].path, name) == 0)
			return false;
	}
	return true;
}

bool archive_tracks_expire(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	struct expiry expiry = {.service = service, .arena = arena};

	db_deadline_start(service->db);
	if (!db_transact(service->db, error, tracks_forget(&expiry, job->subject)))
		return false;
	/* An archive without rows of files is of a kind that this program does not know. */
	return !expiry.found || expiry.count == 0 ||
	       recordings_sweep(
		   service->config.recordings_dir, job->subject, is_unwanted, &expiry, error);
}
