/* The queue of background jobs, for the worker that runs them. */
#include "service/job_queue.h"

#include <string.h>

#include "archive/recordings.h"
#include "base/clock.h"
#include "store/job_kinds.h"
#include "store/jobs.h"
#include "store/media_servers.h"

/* One job for each media server. */
static enum db_outcome reconcile_seed(struct service *service, struct arena *arena)
{
	struct db *db = service->db;
	struct media_server_row *servers;
	size_t count;

	DB_TRY(media_servers_find(db, arena, service->provider->name, &servers, &count));
	for (size_t i = 0; i < count; i++)
		DB_TRY(job_seed_reconcile(db, servers[i].server.name, clock_now()));
	return DB_OK;
}

/* One job for each host that keeps recordings. */
static enum db_outcome recordings_seed(struct service *service)
{
	const struct config *config = &service->config;

	return recordings_here(config)
		   ? job_seed_recordings(service->db, config->host_name, clock_now())
		   : DB_OK;
}

static enum db_outcome seed(
    struct service *service, struct arena *arena, const char *const *kinds, size_t count)
{
	int64_t now = clock_now();

	for (size_t i = 0; i < count; i++) {
		if (strcmp(kinds[i], JOB_RECONCILE) == 0)
			DB_TRY(reconcile_seed(service, arena));
		else if (strcmp(kinds[i], JOB_RECORDINGS) == 0)
			DB_TRY(recordings_seed(service));
		else
			DB_TRY(job_seed(service->db, kinds[i], "", NULL, now, now));
	}
	return DB_OK;
}

bool job_queue_seed(
    struct service *service, const char *const *kinds, size_t count, struct error *error)
{
	struct arena *arena = arena_new();
	bool done;

	db_deadline_start(service->db);
	done = db_once(service->db, error, seed(service, arena, kinds, count));
	arena_free(arena);
	return done;
}

bool job_queue_claim(struct service *service, struct arena *arena, const struct job_worker *worker,
    struct job *job, bool *found, struct error *error)
{
	db_deadline_start(service->db);
	return db_transact(
	    service->db, error, job_claim(service->db, arena, worker, clock_now(), job, found));
}

bool job_queue_done(struct service *service, const struct job *job, struct error *error)
{
	db_deadline_start(service->db);
	return db_once(service->db, error, job_done(service->db, job));
}

bool job_queue_again(struct service *service, const struct job *job, int64_t due,
    const char *failure, struct error *error)
{
	db_deadline_start(service->db);
	return db_once(service->db, error, job_again(service->db, job, due, failure));
}
