/* Uploads: brings the files of archives to their storage. */
#include "service/upload.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/recordings.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "service/meeting_events.h"
#include "service/upload_run.h"
#include "store/archives.h"
#include "store/job_kinds.h"
#include "store/meetings.h"

static bool id_keep(void *context, const char *id, struct error *error)
{
	const struct upload_run *run = context;
	struct db *db = run->service->db;
	bool kept = false;

	db_deadline_start(db);
	return db_once(
		   db, error, archive_file_upload_set(db, run->file->id, id, clock_now(), &kept)) &&
	       (kept || upload_archive_deleted(error));
}

/* The object's name is in the table before the storage gets a byte: so a deletion knows it. */
static bool object_name(struct upload_run *run, struct error *error)
{
	struct archive_file *file = run->file;
	struct db *db = run->service->db;
	bool kept = false;

	if (file->object != NULL)
		return true;
	file->object = arena_printf(run->arena, "%s/%s", run->archive.archive_id, file->path);
	db_deadline_start(db);
	return db_once(db, error,
		   archive_file_object_set(db, file->id, file->object, clock_now(), &kept)) &&
	       (kept || upload_archive_deleted(error));
}

static bool file_done(
    const struct upload_run *run, const struct storage_upload *upload, struct error *error)
{
	struct db *db = run->service->db;
	bool kept = false;

	db_deadline_start(db);
	return db_once(db, error,
		   archive_file_uploaded(
		       db, run->file->id, upload->size, upload->sha256, clock_now(), &kept)) &&
	       (kept || upload_archive_deleted(error));
}

static enum storage_fault bytes_send(
    struct upload_run *run, struct storage_upload *upload, struct error *failure)
{
	const char *dir = run->service->config.recordings_dir;
	struct stat status;
	enum storage_fault fault;

	upload->fd = recordings_file_open(dir, run->archive.archive_id, run->file->path);
	if (upload->fd < 0 || fstat(upload->fd, &status) != 0) {
		error_set(failure, ERROR_UNAVAILABLE, "The file %.200s cannot be opened: %s.",
		    run->file->path, strerror(errno));
		return STORAGE_FILE;
	}
	upload->size = status.st_size;
	fault = storage_upload(&run->storage, run->arena, upload, failure);
	close(upload->fd);
	metrics_add(METRICS_UPLOAD_BYTES, (uint64_t)upload->sent);
	return fault;
}

/* Uploads the file run->file. `*given_up`: it failed for too long. */
static bool file_upload(struct upload_run *run, bool *given_up, struct error *error)
{
	struct error failure = {0};
	struct storage_upload upload = {.type = run->file->content_type,
	    .id = run->file->upload_id,
	    .id_keep = id_keep,
	    .context = run};
	enum storage_fault fault;

	if (!object_name(run, error))
		return false;
	upload.object = run->file->object;
	fault = bytes_send(run, &upload, &failure);
	if (fault == STORAGE_DONE)
		return file_done(run, &upload, error);
	*given_up = upload_try_failed(run, fault, &failure, "The upload", error);
	error_clear(&failure);
	return *given_up;
}

static bool files_upload(struct upload_run *run, bool *given_up, struct error *error)
{
	*given_up = false;
	for (size_t i = 0; i < run->count && !*given_up; i++) {
		run->file = &run->files[i];
		if (archive_file_wanted(run->file) && run->file->uploaded_at == TIME_NONE &&
		    !file_upload(run, given_up, error))
			return false;
	}
	return true;
}

/* Does the target's owner want a copy of the files here? */
static bool copies_wanted(const struct upload_run *run)
{
	return run->target.fallback != NULL && strcmp(run->target.fallback, "opentok") == 0;
}

/* All files are in the storage. The archive may have been deleted while they were sent. */
static enum db_outcome uploaded_write(struct upload_run *run)
{
	struct db *db = run->service->db;
	const char *archive_id = run->archive.archive_id;
	int64_t now = clock_now();
	bool found, changed;

	DB_TRY(meeting_touch(db, run->archive.session_id, &found));
	DB_TRY(archive_uploaded_set(db, archive_id, now, &changed));
	DB_TRY(upload_run_read(run, archive_id));
	if (!changed)
		return DB_OK;
	/* The tracks, from which the result was made, are nowhere else either. */
	if (!copies_wanted(run))
		DB_TRY(job_put_tracks_expire(db, archive_id, run->archive.host, now, now));
	return meeting_event_add_recording(db, run->arena, run->archive.session_id,
	    MEETING_EVENT_RECORDING_UPLOADED, archive_id, NULL, now);
}

/* Removes this host's copies of the files that are in the storage. */
static bool copies_delete(struct upload_run *run, struct error *error)
{
	const struct config *config = &run->service->config;
	struct db *db = run->service->db;

	if (copies_wanted(run))
		return true;
	for (size_t i = 0; i < run->count; i++) {
		const struct archive_file *file = &run->files[i];

		if (!file->local_copy || file->uploaded_at == TIME_NONE)
			continue;
		if (!recordings_file_delete(
			config->recordings_dir, run->archive.archive_id, file->path, error))
			return false;
		db_deadline_start(db);
		if (!db_once(db, error, archive_file_local_gone(db, file->id, clock_now())))
			return false;
	}
	return true;
}

bool archive_upload(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	struct upload_run run = {.service = service, .arena = arena, .job = job};
	bool given_up = false;

	if (!upload_run_open(&run, job->subject, error))
		return false;
	/* Another job removes what a deleted archive has in its storage. */
	if (!run.found || archive_is_gone(&run.archive))
		return true;
	if (!files_upload(&run, &given_up, error))
		return false;
	if (given_up)
		return true;
	db_deadline_start(service->db);
	if (!db_transact(service->db, error, uploaded_write(&run)))
		return false;
	return archive_is_gone(&run.archive) || copies_delete(&run, error);
}
