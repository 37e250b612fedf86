/* What uploads, their removal and the operator's commands have in common. */
#include "service/upload_run.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "service/job_keep.h"
#include "store/archives.h"

#define LOOK_INTERVAL (5 * SECOND) /* between two looks at whether the archive still exists */

bool upload_archive_deleted(struct error *error)
{
	return error_set(error, ERROR_CONFLICT, "The archive was deleted during the upload.");
}

/* An archive that was deleted need not be uploaded to its end. */
static bool archive_look(struct upload_run *run)
{
	struct db *db = run->service->db;
	int64_t now = clock_monotonic();
	struct archive archive;
	struct arena *arena;
	bool found = false, known;

	if (now - run->looked_at < LOOK_INTERVAL)
		return true;
	run->looked_at = now;
	arena = arena_new();
	db_deadline_start(db);
	known = db_once(
	    db, &run->stop, archive_find_any(db, arena, run->archive.archive_id, &archive, &found));
	found = found && !archive_is_gone(&archive);
	arena_free(arena);
	return known && (found || upload_archive_deleted(&run->stop));
}

/* While bytes move: another worker may have got the job. */
static bool run_keep(void *context)
{
	struct upload_run *run = context;

	if (run->job == NULL)
		return true;
	return job_keep(run->service, run->job, &run->stop) &&
	       (archive_is_gone(&run->archive) || archive_look(run));
}

enum db_outcome upload_run_read(struct upload_run *run, const char *archive_id)
{
	struct db *db = run->service->db;

	DB_TRY(archive_find_any(db, run->arena, archive_id, &run->archive, &run->found));
	return archive_files_find(db, run->arena, archive_id, &run->files, &run->count);
}

bool upload_run_open(struct upload_run *run, const char *archive_id, struct error *error)
{
	struct service *service = run->service;

	run->storage = (struct storage){.client = service->http_client,
	    .config = &service->config,
	    .target = &run->target,
	    .keep = run_keep,
	    .context = run};
	db_deadline_start(service->db);
	if (!db_transact(service->db, error, upload_run_read(run, archive_id)))
		return false;
	if (run->archive.storage == NULL)
		run->found = false;
	return !run->found ||
	       storage_target_parse(run->arena, run->archive.storage, &run->target, error);
}

/* Keeps the reason of a failure, and how long it lasts. */
static bool fault_keep(const struct upload_run *run, enum storage_fault fault,
    const struct error *failure, int64_t *since, struct error *error)
{
	struct db *db = run->service->db;

	db_deadline_start(db);
	return db_once(db, error,
	    archive_file_failed(db, run->file->id, storage_fault_name(fault), failure->message,
		clock_now(), since));
}

static bool give_up(const struct upload_run *run, const char *what, struct error *error)
{
	struct db *db = run->service->db;
	const char *archive_id = run->archive.archive_id;

	log_event("error",
	    "%s of archive %s is given up; `confabctl archives retry %s` tries again", what,
	    archive_id, archive_id);
	db_deadline_start(db);
	return db_once(db, error, archive_files_give_up(db, archive_id, true, clock_now(), NULL));
}

/* The metrics have the faults in this order, and one place for all others. */
static void fault_count(enum storage_fault fault)
{
	enum { OTHER = METRICS_UPLOAD_FAULTS - 1 };
	int index = (int)fault - STORAGE_CREDENTIALS;

	_Static_assert(STORAGE_SETTINGS - STORAGE_CREDENTIALS + 1 == OTHER,
	    "base/metrics_text.c names each fault");
	metrics_count(
	    (enum metrics_counter)(METRICS_UPLOAD_FAILED + (index < OTHER ? index : OTHER)));
}

bool upload_try_failed(struct upload_run *run, enum storage_fault fault,
    const struct error *failure, const char *what, struct error *error)
{
	int64_t since = clock_now();

	if (fault == STORAGE_STOPPED) {
		*error = run->stop.kind == ERROR_NONE ? *failure : run->stop;
		return false;
	}
	fault_count(fault);
	if (storage_fault_needs_operator(fault))
		log_event("error", "%s of archive %s needs the operator (%s): %s", what,
		    run->archive.archive_id, storage_fault_name(fault), failure->message);
	if (!fault_keep(run, fault, failure, &since, error))
		return false;
	if (clock_now() - since >= run->service->config.upload_retry)
		return give_up(run, what, error);
	return error_set(
	    error, ERROR_UNAVAILABLE, "%s: %.300s", storage_fault_name(fault), failure->message);
}
