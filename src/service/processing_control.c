/* What operators see of processing, and what they can do about it. */
#include "base/clock.h"
#include "base/metrics.h"
#include "service/lookup.h"
#include "service/processing.h"
#include "store/archives.h"
#include "store/job_kinds.h"
#include "store/meetings.h"

enum {
	LIST_MAX = 1000, /* archives in the operator's list */
};

bool processing_list(struct service *service, struct arena *arena,
    struct waiting_archive **archives, size_t *count, struct error *error)
{
	db_deadline_start(service->db);
	return db_once(service->db, error,
	    archives_waiting(service->db, arena, clock_now(), LIST_MAX, archives, count));
}

struct retry {
	struct service *service;
	struct arena *arena;
	struct archive archive;
	bool found, restarted;
};

static enum db_outcome retry_write(struct retry *retry, const char *archive_id)
{
	struct db *db = retry->service->db;
	int64_t now = clock_now();
	bool found;

	retry->restarted = false;
	DB_TRY(archive_find_any(db, retry->arena, archive_id, &retry->archive, &retry->found));
	if (!retry->found)
		return DB_OK;
	DB_TRY(meeting_touch(db, retry->archive.session_id, &found));
	DB_TRY(archive_processing_restart(db, archive_id, now, &retry->restarted));
	return retry->restarted ? archive_process(db, archive_id, retry->archive.host, now) : DB_OK;
}

bool processing_retry(struct service *service, struct arena *arena, const char *archive_id,
    bool *done, struct error *error)
{
	struct retry retry = {.service = service, .arena = arena};

	db_deadline_start(service->db);
	if (!db_transact(service->db, error, retry_write(&retry, archive_id)))
		return false;
	*done = retry.restarted;
	return retry.found || archive_not_found(error);
}

void processing_measure(struct service *service)
{
	struct error error = {0};
	int64_t count = 0, oldest = TIME_NONE;

	db_deadline_start(service->db);
	if (db_once(service->db, &error, archives_in_work(service->db, &count, &oldest))) {
		int64_t age = oldest == TIME_NONE ? 0 : clock_now() - oldest;

		metrics_set(METRICS_ARCHIVES_WAITING, (uint64_t)count);
		metrics_set(METRICS_ARCHIVES_AGE, age > 0 ? (uint64_t)(age / SECOND) : 0);
	}
	error_clear(&error);
}
