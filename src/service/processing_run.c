/* What the jobs that process an archive have in common. */
#include "service/processing_run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/recordings.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "service/gate.h"
#include "service/job_keep.h"
#include "service/meeting_events.h"
#include "store/archive_processing.h"
#include "store/archives.h"
#include "store/meetings.h"

enum {
	PROCESSING_TRIES = 3,
	SPACE_LEAST = 1, /* MiB, whatever RECORDING_MIN_FREE is */
	CPU_PER_MINUTE = 120,
	CPU_BASE = 60,
	FILE_MODE = 0640, /* the group of the folder serves the files */
	PERCENT = 100,
	PERCENT_MOST = 99, /* of work that is not finished */
	EVENT_STEP = 10,   /* percent */
};

#define LOOK_INTERVAL (2 * SECOND)
#define STALL         (2 * MINUTE)

bool processing_open(struct processing *processing, struct error *error)
{
	struct service *service = processing->service;
	struct archive *archive = &processing->archive;

	db_deadline_start(service->db);
	if (!db_once(service->db, error,
		archive_find_any(service->db, processing->arena, processing->job->subject, archive,
		    &processing->found)))
		return false;
	processing->found = processing->found && !archive_is_gone(archive);
	if (!processing->found)
		return true;
	processing->percent = archive->progress;
	processing->folder = recordings_folder(
	    processing->arena, service->config.recordings_dir, archive->archive_id);
	return true;
}

static bool space_low(const struct config *config)
{
	int64_t free_mib = recordings_free(config);

	return recordings_low(config) || (free_mib >= 0 && free_mib < SPACE_LEAST);
}

/* The archive waits for space. This is nobody's fault. */
static bool space_wait(struct processing *processing, struct error *error)
{
	struct db *db = processing->service->db;
	const char *archive_id = processing->archive.archive_id;

	processing->fault = FAULT_NONE;
	db_deadline_start(db);
	return db_once(db, error, archive_wait_set(db, archive_id, clock_now())) &&
	       error_set(error, ERROR_UNAVAILABLE,
		   "there is too little space in RECORDINGS_DIR to process the recording");
}

bool processing_ready(struct processing *processing, struct error *error)
{
	const struct config *config = &processing->service->config;
	const char *host = processing->archive.host;

	if (!recordings_here(config) ||
	    (processing->folder == NULL && host != NULL && strcmp(host, config->host_name) != 0))
		return error_set(error, ERROR_UNAVAILABLE,
		    "the recording's files are not here; this waits for %.200s",
		    host == NULL ? "the host that keeps recordings" : host);
	processing->media = program_media(processing->arena);
	if (processing->media == NULL)
		return error_set(error, ERROR_UNAVAILABLE, "confab-media is not installed");
	return !space_low(config) || space_wait(processing, error);
}

const char *processing_path(const struct processing *processing, const char *name)
{
	return arena_printf(processing->arena, "%s/%s", processing->folder, name);
}

/* The lease's number is in the name: a worker that has lost the job may still write. */
static const char *part_name(const struct processing *processing, const char *name)
{
	return arena_printf(
	    processing->arena, "%s.%" PRId64 ".part", name, processing->job->lease->number);
}

const char *processing_part(const struct processing *processing, const char *name)
{
	return processing_path(processing, part_name(processing, name));
}

int64_t processing_cpu(int64_t length)
{
	return CPU_PER_MINUTE * (length / MINUTE + 1) + CPU_BASE;
}

/* ---- while a program runs ---- */

/* While the database is away the lease is good for some time. */
static bool lease_keep(struct processing *processing)
{
	const struct job_lease *lease = processing->job->lease;

	if (job_keep(processing->service, processing->job, &processing->stop))
		return true;
	if (lease->lost || clock_monotonic() - lease->renewed >= lease->length)
		return false;
	error_clear(&processing->stop);
	return true;
}

static enum db_outcome progress_write(struct processing *processing, int percent)
{
	struct db *db = processing->service->db;
	const struct archive *archive = &processing->archive;
	int64_t now = clock_now();
	bool found, changed;

	if (percent / EVENT_STEP == processing->percent / EVENT_STEP)
		return archive_progress_set(db, archive->archive_id, percent, now, &changed);
	DB_TRY(meeting_touch(db, archive->session_id, &found));
	DB_TRY(archive_progress_set(db, archive->archive_id, percent, now, &changed));
	if (!changed)
		return DB_OK;
	return meeting_event_add_progress(db, processing->arena, archive->session_id,
	    archive->archive_id, percent / EVENT_STEP * EVENT_STEP, now);
}

/* A number that cannot be written now is written the next time. */
static void progress_tell(struct processing *processing)
{
	struct service *service = processing->service;
	struct error error = {0};
	int percent;

	if (processing->work == 0)
		return;
	percent = (int)(PERCENT * (processing->work_done + processing->step) / processing->work);
	if (percent > PERCENT_MOST)
		percent = PERCENT_MOST;
	if (percent <= processing->percent)
		return;
	db_deadline_start(service->db);
	if (db_transact(service->db, &error, progress_write(processing, percent))) {
		if (percent / EVENT_STEP != processing->percent / EVENT_STEP)
			gate_push(service, processing->arena);
		processing->percent = percent;
	}
	error_clear(&error);
}

/* A deleted archive need not be processed to its end. */
static bool archive_look(struct processing *processing)
{
	struct db *db = processing->service->db;
	int64_t now = clock_monotonic();
	struct error error = {0};
	bool found = true;

	if (now - processing->looked_at < LOOK_INTERVAL)
		return true;
	processing->looked_at = now;
	progress_tell(processing);
	db_deadline_start(db);
	if (!db_once(db, &error, archive_in_work(db, processing->archive.archive_id, &found)))
		error_clear(&error);
	return found || error_set(&processing->stop, ERROR_CONFLICT,
			    "the archive was deleted while it was being processed");
}

static bool keep(void *context)
{
	struct processing *processing = context;
	const struct job *job = processing->job;

	if (job->told != NULL && job->told())
		return error_set(
		    &processing->stop, ERROR_UNAVAILABLE, "the worker was told to end");
	return lease_keep(processing) && archive_look(processing);
}

/* ---- a program's end ---- */

static enum processing_fault fault_of(enum run_status status)
{
	switch (status) {
	case RUN_LIMIT:
		return FAULT_LIMIT;
	case RUN_NO_PROGRESS:
		return FAULT_STALL;
	case RUN_KILLED:
		return FAULT_KILLED;
	default:
		return FAULT_PROGRAM;
	}
}

static bool program_failed(struct processing *processing, const struct program *program,
    enum run_status status, const char *what, struct error *error)
{
	if (!keep(processing)) {
		*error = processing->stop;
		processing->stop = (struct error){0};
		return false;
	}
	if (status == RUN_NO_START || status == RUN_MISUSE || status == RUN_TOLD)
		return error_set(error, ERROR_UNAVAILABLE, "%s: %s", what, program->complaint);
	if (space_low(&processing->service->config))
		return space_wait(processing, error);
	processing->fault = fault_of(status);
	return error_set(error, ERROR_PROVIDER, "%s: %s", what, program->complaint);
}

/* FFMPEG_DIR takes the place of the folder of ffmpeg and ffprobe. */
static const char *const *arguments_here(
    const struct processing *processing, const char *const *arguments)
{
	const char *name = strrchr(arguments[0], '/') + 1;
	const char **list;
	size_t count = 0;

	if (strcmp(arguments[0], processing->media) == 0)
		return arguments;
	while (arguments[count] != NULL)
		count++;
	list = arena_alloc(processing->arena, (count + 1) * sizeof *list);
	memcpy(list, arguments, count * sizeof *list);
	list[0] =
	    arena_printf(processing->arena, "%s/%s", processing->service->config.ffmpeg_dir, name);
	return list;
}

bool processing_program(
    struct processing *processing, struct program *program, const char *what, struct error *error)
{
	const char *reads[] = {
	    processing->folder, processing->media, processing->service->config.ffmpeg_dir, NULL};
	enum run_status status;

	if (!keep(processing)) {
		*error = processing->stop;
		processing->stop = (struct error){0};
		return false;
	}
	program->media = processing->media;
	program->arguments = arguments_here(processing, program->arguments);
	program->reads = reads;
	program->keep = keep;
	program->keep_context = processing;
	if (program->stall == 0)
		program->stall = STALL / SECOND;
	status = program_run(processing->arena, program);
	program->reads = NULL;
	metrics_add(METRICS_PROCESSING_CPU, (uint64_t)program->cpu_used);
	return status == RUN_DONE || program_failed(processing, program, status, what, error);
}

/* ---- files ---- */

static bool file_failed(struct processing *processing, const char *name, struct error *error)
{
	int why = errno;

	if (why == ENOSPC || why == EDQUOT || space_low(&processing->service->config))
		return space_wait(processing, error);
	return error_set(error, ERROR_UNAVAILABLE, "%s cannot be written: %s", name, strerror(why));
}

/* Makes the file empty, so that it is the only one that the program must be able to change. */
static bool part_begin(struct processing *processing, const char *name, struct error *error)
{
	int fd = open(processing_part(processing, name),
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);

	if (fd < 0)
		return file_failed(processing, name, error);
	if (fchmod(fd, FILE_MODE) != 0) {
		close(fd);
		return file_failed(processing, name, error);
	}
	close(fd);
	return true;
}

int64_t processing_size(const struct processing *processing, const char *name)
{
	struct stat status;

	if (lstat(processing_path(processing, name), &status) != 0 || !S_ISREG(status.st_mode))
		return 0;
	return status.st_size;
}

bool processing_has(const struct processing *processing, const char *name)
{
	return processing_size(processing, name) > 0;
}

bool processing_keep_file(struct processing *processing, const char *name, struct error *error)
{
	const char *part = processing_part(processing, name);
	int fd = open(part, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool synced = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	if (!synced || rename(part, processing_path(processing, name)) != 0)
		return file_failed(processing, name, error);
	processing->advanced = true;
	return true;
}

bool processing_make(
    struct processing *processing, const struct making *making, struct error *error)
{
	const char *writes[] = {processing_part(processing, making->name), NULL};
	struct program program = {.arguments = making->arguments,
	    .writes = writes,
	    .cpu = making->cpu,
	    .line = making->line,
	    .line_context = making->context};

	return part_begin(processing, making->name, error) &&
	       processing_program(processing, &program, making->what, error);
}

bool processing_write(struct processing *processing, const char *name, const char *text, size_t len,
    struct error *error)
{
	FILE *out;
	bool good;

	if (!part_begin(processing, name, error))
		return false;
	out = fopen(processing_part(processing, name), "we");
	good = out != NULL && fwrite(text, 1, len, out) == len;
	if (out != NULL && fclose(out) != 0)
		good = false;
	return good || file_failed(processing, name, error);
}

static bool is_part(const char *name)
{
	static const char end[] = ".part";
	size_t len = strlen(name);

	return len >= sizeof end && strcmp(name + len - (sizeof end - 1), end) == 0;
}

static bool is_left_over(const void *context, const char *name)
{
	static const char parts[] = "segment-";
	const bool *with_parts = context;

	return is_part(name) || (*with_parts && strncmp(name, parts, sizeof parts - 1) == 0);
}

bool processing_sweep(struct processing *processing, bool parts, struct error *error)
{
	return recordings_sweep(processing->service->config.recordings_dir,
	    processing->archive.archive_id, is_left_over, &parts, error);
}

/* ---- the end of a run ---- */

enum db_outcome processing_is_mine(struct db *db, struct processing *processing)
{
	DB_TRY(job_renew(db, processing->job, clock_now()));
	return processing->job->lease->lost
		   ? db_fail(db, ERROR_CONFLICT, "another worker has the job by now")
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
