/* Erasing a person's identity from the rows of a session, and the marks that are left of it. */
#ifndef CONFAB_STORE_ERASURES_H
#define CONFAB_STORE_ERASURES_H

#include "meeting/identity.h"
#include "store/db.h"

/* All functions run inside a transaction. The session's meeting is over. */

/* A person in a session. */
struct erasure_target {
	const char *session_id;
	const char *attendee;
	const char *pseudonym; /* stands for the person in all rows */
};

/* Is the person in the rows of the session, or was their identity erased from them? */
enum db_outcome erasure_known(struct db *db, const struct erasure_target *target, bool *known);

/* What tells who the person is: the attendee, names, and ids of participants, those that begin with
 * `prefix` (NULL: none) and those of the person's connections. Each id gets another one. */
enum db_outcome erasure_identity(struct db *db, struct arena *arena,
    const struct erasure_target *target, const char *prefix, struct identity *identity);

/* Replaces all of that in every table, and leaves the mark: events that come late do not bring the
 * person back (attendance.h). */
enum db_outcome erasure_write(struct db *db, struct arena *arena,
    const struct erasure_target *target, const struct identity *identity, int64_t now);

/* A meeting of the person. */
struct erasure_meeting {
	int64_t id;
	const char *meeting_link;
};

/* The meetings of one tenant, or of none (NULL), that the person is in the rows of, deleted ones
 * too: up to `limit` with an id above `after`. */
enum db_outcome erasure_meetings(struct db *db, struct arena *arena, const char *tenant,
    const char *attendee, int64_t after, size_t limit, struct erasure_meeting **meetings,
    size_t *count);

/* A batch of entries of the audit log. */
struct erasure_batch {
	int64_t after; /* the entries have an id above this one */
	size_t limit;
};

/* Replaces the person in entries that are about no meeting that is there, of actors of the tenant
 * (NULL: of none). `*next` is the batch behind this one; its limit is 0 when there is none. */
enum db_outcome erasure_audit(struct db *db, struct arena *arena, const char *tenant,
    const struct identity *identity, struct erasure_batch batch, struct erasure_batch *next);

#endif
