/* What the jobs that process an archive have in common. */
#include "service/processing_run.h"

#include <string.h>

#include "archive/recordings.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "service/gate.h"
#include "service/job_keep.h"
#include "service/meeting_events.h"
#include "store/archive_processing.h"
#include "store/archives.h"
#include "store/meetings.h"

enum {
	SPACE_LEAST = 1, /* MiB, whatever RECORDING_MIN_FREE is */
	CPU_PER_MINUTE = 120,
	CPU_BASE = 60,
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

bool processing_space_low(const struct config *config)
{
	int64_t free_mib = recordings_free(config);

	return recordings_low(config) || (free_mib >= 0 && free_mib < SPACE_LEAST);
}

bool processing_space_wait(struct processing *processing, struct error *error)
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
	return !processing_space_low(config) || processing_space_wait(processing, error);
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

/* A deleted archive need not be processed to its end. What is made during a call must not delay
 * what is made after it. */
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
	if (!db_once(db, &error,
		archive_in_work(db, processing->archive.archive_id, processing->live, &found)))
		error_clear(&error);
	return found ||
	       error_set(&processing->stop, ERROR_CONFLICT,
		   processing->live ? "the recording has stopped"
				    : "the archive was deleted while it was being processed");
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
	if (processing_space_low(&processing->service->config))
		return processing_space_wait(processing, error);
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
