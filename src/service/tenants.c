/* Tenants: gives a tenant to meetings that have none. */
#include "service/tenants.h"

#include "store/meetings.h"

enum {
	BATCH = 1000, /* meetings of one transaction */
};

/* Gives a batch of meetings with ids above `*after` to the tenant. `*after` gets the last id. */
static bool batch_assign(struct service *service, struct arena *arena,
    const struct assignment *assignment, int64_t *after, size_t *count, struct error *error)
{
	struct db *db = service->db;
	int64_t *ids = NULL;

	*count = 0;
	db_deadline_start(db);
	if (!db_once(db, error,
		meetings_unassigned(db, arena, assignment->creator, *after, BATCH, &ids, count)))
		return false;
	if (*count == 0)
		return true;
	*after = ids[*count - 1];
	return assignment->dry_run ||
	       db_once(db, error,
		   meetings_assign(db, assignment->creator, ids[0], *after, assignment->tenant));
}

bool tenant_assign(struct service *service, const struct assignment *assignment,
    unsigned long long *total, struct error *error)
{
	struct arena *arena = arena_new();
	int64_t after = 0;
	size_t count;
	bool done;

	*total = 0;
	do {
		arena_reset(arena);
		done = batch_assign(service, arena, assignment, &after, &count, error);
		if (done)
			*total += count;
	} while (done && count == BATCH);
	arena_free(arena);
	return done;
}
