/* Expiry: removes old idempotency keys, and codes of expired invites and of deleted meetings. */
#include "service/expiry.h"

#include "base/clock.h"
#include "service/job_keep.h"
#include "store/idempotency.h"
#include "store/invite_codes.h"

enum {
	BATCH = 1000, /* rows of a statement: short locks, small write sets in a cluster */
};

/* Removes up to `limit` rows that are old at the time `now`. */
typedef enum db_outcome rows_expire(struct db *db, int64_t now, size_t limit, uint64_t *removed);

static rows_expire *const tables[] = {
    idempotency_expire, invite_codes_expire, invite_codes_left_delete};

static bool table_expire(
    struct service *service, const struct job *job, rows_expire *expire, struct error *error)
{
	uint64_t removed = 0;

	do {
		if (!job_keep(service, job, error))
			return false;
		db_deadline_start(service->db);
		if (!db_once(service->db, error, expire(service->db, clock_now(), BATCH, &removed)))
			return false;
	} while (removed == BATCH);
	return true;
}

bool expiry_run(struct service *service, const struct job *job, struct error *error)
{
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		if (!table_expire(service, job, tables[i], error))
			return false;
	}
	return true;
}
