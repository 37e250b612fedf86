/* Removes the files of deleted archives, and of erased people, from their storage. */
#include "archive/recordings.h"
#include "base/clock.h"
#include "service/job_keep.h"
#include "service/upload.h"
#include "service/upload_run.h"
#include "store/job_kinds.h"

/* Removes the object of run->file, and its row. */
static bool object_delete(struct upload_run *run, bool *given_up, struct error *error)
{
	const struct archive_file *file = run->file;
	struct db *db = run->service->db;
	struct error failure = {0};
	enum storage_fault fault = STORAGE_DONE;

	if (!storage_usable(&run->service->config, &run->target, &failure))
		fault = STORAGE_SETTINGS;
	else if (file->object != NULL)
		fault = storage_delete(
		    &run->storage, run->arena, file->object, file->upload_id, &failure);
	/* With their bucket the objects are gone too. */
	if (fault != STORAGE_DONE && fault != STORAGE_NO_BUCKET) {
		*given_up =
		    upload_try_failed(run, fault, &failure, "The removal of the files", error);
		error_clear(&failure);
		return *given_up;
	}
	error_clear(&failure);
	db_deadline_start(db);
	return db_once(db, error, archive_file_forget(db, file->id));
}

/* An upload that goes on could make an object after its name is forgotten. */
static bool upload_ended(struct upload_run *run, struct error *error)
{
	struct db *db = run->service->db;
	bool leased = false;

	db_deadline_start(db);
	return db_once(db, error,
		   job_is_leased(
		       db, JOB_ARCHIVE_UPLOAD, run->archive.archive_id, clock_now(), &leased)) &&
	       (!leased || error_set(error, ERROR_UNAVAILABLE,
			       "the upload of this archive has not ended yet"));
}

bool archive_objects_delete(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	struct upload_run run = {.service = service, .arena = arena, .job = job};
	bool given_up = false;

	if (!upload_run_open(&run, job->subject, error))
		return false;
	if (!run.found)
		return true;
	if (!upload_ended(&run, error))
		return false;
	for (size_t i = 0; i < run.count && !given_up; i++) {
		run.file = &run.files[i];
		if (!archive_is_gone(&run.archive) && archive_file_wanted(run.file))
			continue;
		if (!job_keep(service, job, error) || !object_delete(&run, &given_up, error))
			return false;
	}
	if (given_up || !archive_is_gone(&run.archive))
		return true;
	/* That job removes the archive's row when its meeting has none any more. */
	db_deadline_start(service->db);
	return db_once(service->db, error,
	    job_put_recording_delete(service->db, job->subject,
		recordings_delete_host(&service->config, run.archive.host), clock_now(),
		clock_now()));
}
