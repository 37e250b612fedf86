/* How a run that processes an archive ends, when it has not succeeded. */
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "service/meeting_events.h"
#include "service/processing_run.h"
#include "store/archive_processing.h"
#include "store/jobs.h"
#include "store/meetings.h"

enum {
	PROCESSING_TRIES = 3,
};

enum db_outcome processing_is_mine(struct db *db, struct processing *processing)
{
	DB_TRY(job_renew(db, processing->job, clock_now()));
	return processing->job->lease->lost
		   ? db_fail(db, ERROR_CONFLICT, "another worker has the job now")
		   : DB_OK;
}

static const struct {
	const char *reason;
	enum metrics_counter counter;
} faults[] = {
    [FAULT_PROGRAM] = {"The recording could not be composed: the program for it failed.",
	METRICS_PROCESSING_PROGRAM},
    [FAULT_LIMIT] = {"The recording could not be composed: it took too much time or space.",
	METRICS_PROCESSING_LIMIT},
    [FAULT_STALL] = {"The recording could not be composed: the work did not go on.",
	METRICS_PROCESSING_STALL},
    [FAULT_KILLED] = {"The recording could not be composed: the program for it was ended.",
	METRICS_PROCESSING_KILLED},
    [FAULT_RESULT] = {"The recording could not be composed: the result has faults.",
	METRICS_PROCESSING_RESULT},
};

/* Sets the archive to failed. The meeting's row is locked. */
static enum db_outcome fail(struct processing *processing, const char *reason, bool *failed)
{
	struct db *db = processing->service->db;
	const struct archive *archive = &processing->archive;
	int64_t now = clock_now();

	DB_TRY(archive_failed_set(db, archive->archive_id, reason, now, failed));
	if (!*failed)
		return DB_OK;
	return meeting_event_add_recording(db, processing->arena, archive->session_id,
	    MEETING_EVENT_RECORDING_FAILED, archive->archive_id, reason, now);
}

static enum db_outcome failure_write(struct processing *processing, int64_t *failures, bool *failed)
{
	struct db *db = processing->service->db;
	const struct archive *archive = &processing->archive;
	bool found;

	*failed = false;
	DB_TRY(meeting_touch(db, archive->session_id, &found));
	DB_TRY(processing_is_mine(db, processing));
	DB_TRY(archive_failure_count(
	    db, archive->archive_id, processing->advanced, clock_now(), failures));
	if (*failures < PROCESSING_TRIES)
		return DB_OK;
	return fail(processing, faults[processing->fault].reason, failed);
}

bool processing_failed(struct processing *processing, struct error *error)
{
	struct db *db = processing->service->db;
	const char *archive_id = processing->archive.archive_id;
	struct error more = {0};
	int64_t failures = 0;
	bool failed = false;

	if (processing->fault == FAULT_NONE)
		return false;
	db_deadline_start(db);
	if (!db_transact(db, &more, failure_write(processing, &failures, &failed))) {
		error_clear(&more); /* the error before says more */
		return false;
	}
	if (failures > 0 && !failed)
		return false;
	if (failed) {
		log_event("error",
		    "archive %s has failed after %d tries; `confabctl archives retry %s` tries"
		    " again: %s",
		    archive_id, PROCESSING_TRIES, archive_id, error->message);
		metrics_count(faults[processing->fault].counter);
	}
	error_clear(error);
	return true;
}

static enum db_outcome empty_write(struct processing *processing, const char *reason, bool *failed)
{
	struct db *db = processing->service->db;
	bool found;

	DB_TRY(meeting_touch(db, processing->archive.session_id, &found));
	DB_TRY(processing_is_mine(db, processing));
	return fail(processing, reason, failed);
}

bool processing_empty(struct processing *processing, const char *reason, struct error *error)
{
	struct db *db = processing->service->db;
	bool failed = false;

	db_deadline_start(db);
	if (!db_transact(db, error, empty_write(processing, reason, &failed)))
		return false;
	if (failed) {
		log_event("warning", "a recording has stopped: %s", reason);
		metrics_count(METRICS_RECORDING_FAILED);
	}
	return true;
}
