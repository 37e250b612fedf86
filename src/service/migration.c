/* Migration: bringing the database's tables up to date. */
#include "service/migration.h"

#include "store/migrations.h"

bool migration_apply(struct service *service, const char *dir, void (*report)(const char *file),
    unsigned *applied, struct error *error)
{
	struct arena *arena = arena_new();
	bool done = migrations_apply(service->db, arena, dir, report, applied, error);

	arena_free(arena);
	return done;
}
