/* Retention: deletes old meetings and audit entries. */
#include "service/retention.h"

#include "archive/recordings.h"
#include "base/clock.h"
#include "service/archive_files.h"
#include "service/job_keep.h"
#include "store/archives.h"
#include "store/audit_logs.h"
#include "store/job_kinds.h"
#include "store/meetings.h"
#include "store/retention.h"

enum {
	PAGE = 100,   /* meetings read at once */
	BATCH = 1000, /* rows of a transaction: short locks, small write sets in a cluster */
};

/* One transaction. */
struct batch {
	struct service *service;
	struct arena *arena;
	const struct idle_meeting *meetings;
	size_t count;
	size_t done; /* how many of them are finished */
};

/* Jobs delete the files, and then the archives' rows. */
static enum db_outcome archives_delete(
    struct db *db, const struct batch *batch, const char *session_id, int64_t now)
{
	const struct config *config = &batch->service->config;
	struct retired_archive *archives;
	size_t count;

	DB_TRY(archives_retire(db, batch->arena, session_id, now, &archives, &count));
	for (size_t i = 0; i < count; i++) {
		DB_TRY(archive_files_release(db, archives[i].archive_id, now));
		DB_TRY(job_put_recording_delete(db, archives[i].archive_id,
		    recordings_delete_host(config, archives[i].host), now, now));
	}
	return DB_OK;
}

/* Deletes the meeting, or as much of it as the budget allows. */
static enum db_outcome idle_meeting_delete(
    struct db *db, const struct batch *batch, const struct idle_meeting *meeting, size_t *budget)
{
	int64_t now = clock_now();
	struct retirement retirement;

	DB_TRY(meeting_retire(db, batch->arena, meeting, now, &retirement));
	if (!retirement.retired)
		return DB_OK;
	if (retirement.started)
		DB_TRY(job_put_room_end(db, meeting->session_id, now, now));
	DB_TRY(meeting_rows_delete(db, meeting->session_id, budget));
	if (*budget == 0)
		return DB_OK;
	--*budget;
	DB_TRY(archives_delete(db, batch, meeting->session_id, now));
	return meeting_delete(db, meeting->id);
}

static enum db_outcome batch_delete(struct db *db, void *context)
{
	struct batch *batch = context;
	size_t budget = BATCH;

	for (batch->done = 0; batch->done < batch->count; batch->done++) {
		DB_TRY(idle_meeting_delete(db, batch, &batch->meetings[batch->done], &budget));
		if (budget == 0)
			return DB_OK;
	}
	return DB_OK;
}

/* Deletes one page of meetings; `*after` gets the place of its last one. */
static bool page_delete(struct service *service, const struct job *job, struct arena *arena,
    int64_t before, struct idle_meeting *after, size_t *count, struct error *error)
{
	struct batch batch = {.service = service, .arena = arena};
	struct idle_meeting *meetings = NULL;

	*count = 0;
	db_deadline_start(service->db);
	if (!db_once(service->db, error,
		meetings_idle(service->db, arena, before, after, PAGE, &meetings, count)))
		return false;
	batch.meetings = meetings;
	batch.count = *count;
	while (batch.count > 0) {
		if (!job_keep(service, job, error))
			return false;
		db_deadline_start(service->db);
		if (!db_run(service->db, batch_delete, &batch, error))
			return false;
		batch.meetings += batch.done;
		batch.count -= batch.done;
	}
	if (*count > 0)
		*after = (struct idle_meeting){
		    .id = meetings[*count - 1].id, .idle_since = meetings[*count - 1].idle_since};
	return true;
}

static bool meetings_delete(
    struct service *service, const struct job *job, int64_t before, struct error *error)
{
	struct arena *arena = arena_new();
	struct idle_meeting after = {0};
	size_t count = PAGE;
	bool done = true;

	while (done && count == PAGE) {
		arena_reset(arena);
		done = page_delete(service, job, arena, before, &after, &count, error);
	}
	arena_free(arena);
	return done;
}

static bool audit_delete(
    struct service *service, const struct job *job, int64_t before, struct error *error)
{
	struct db *db = service->db;
	uint64_t removed = 0;

	do {
		if (!job_keep(service, job, error))
			return false;
		db_deadline_start(db);
		if (!db_once(db, error, audit_logs_expire(db, before, BATCH, &removed)))
			return false;
	} while (removed == BATCH);
	return true;
}

static enum db_outcome archive_files_expire(
    struct service *service, const struct archive *archive, int64_t now)
{
	struct db *db = service->db;
	bool found, expired;

	DB_TRY(meeting_touch(db, archive->session_id, &found));
	DB_TRY(archive_expire(db, archive->id, now, &expired));
	if (!expired)
		return DB_OK;
	DB_TRY(archive_files_release(db, archive->archive_id, now));
	return job_put_recording_delete(db, archive->archive_id,
	    recordings_delete_host(&service->config, archive->host), now, now);
}

/* Their rows stay, as expired. */
static bool archives_expire(
    struct service *service, const struct job *job, int64_t before, struct error *error)
{
	struct arena *arena = arena_new();
	struct db *db = service->db;
	struct archive *archives = NULL;
	size_t count = PAGE;
	bool done = true;

	while (done && count == PAGE) {
		arena_reset(arena);
		db_deadline_start(db);
		done = db_once(db, error, archives_old(db, arena, before, PAGE, &archives, &count));
		for (size_t i = 0; done && i < count; i++) {
			db_deadline_start(db);
			done = job_keep(service, job, error) &&
			       db_transact(db, error,
				   archive_files_expire(service, &archives[i], clock_now()));
		}
	}
	arena_free(arena);
	return done;
}

bool retention_run(struct service *service, const struct job *job, struct error *error)
{
	const struct config *config = &service->config;
	int64_t now = clock_now();

	return (config->archive_retention == 0 ||
		   archives_expire(service, job, now - config->archive_retention, error)) &&
	       (config->retention == 0 ||
		   meetings_delete(service, job, now - config->retention, error)) &&
	       (config->audit_retention == 0 ||
		   audit_delete(service, job, now - config->audit_retention, error));
}
