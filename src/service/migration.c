/* Migration: brings the database's tables up to date. */
#include "service/migration.h"

#include <string.h>

#include "store/job_kinds.h"
#include "store/media_servers.h"
#include "store/migrations.h"

static enum db_outcome server_put(struct service *service, struct arena *arena)
{
	const struct config *config = &service->config;
	struct media_server_row *servers;
	int64_t now = clock_now();
	size_t count;

	DB_TRY(media_server_put_first(service->db, config->media_server, config->provider, now));
	DB_TRY(media_servers_find(service->db, arena, config->provider, &servers, &count));
	/* Somebody may have renamed the host. Then its server has another name in its events. */
	if (count == 1 && servers[0].named &&
	    strcmp(servers[0].server.name, config->media_server) != 0)
		DB_TRY(media_server_set_named(service->db, servers[0].server.name, false));
	for (size_t i = 0; i < count; i++)
		DB_TRY(job_seed_reconcile(service->db, servers[i].server.name, now));
	return DB_OK;
}

bool migration_apply(struct service *service, const char *dir, void (*report)(const char *file),
    unsigned *applied, struct error *error)
{
	struct arena *arena = arena_new();
	bool done = migrations_apply(service->db, arena, dir, report, applied, error);

	db_deadline_start(service->db);
	done = done && db_transact(service->db, error, server_put(service, arena));
	arena_free(arena);
	return done;
}
