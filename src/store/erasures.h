/* Erases a person's identity from the rows of a session, and leaves a mark. */
#ifndef CONFAB_STORE_ERASURES_H
#define CONFAB_STORE_ERASURES_H

#include "meeting/identity.h"
#include "store/db.h"

/* All functions run inside a transaction. The session's meeting has ended. */

/* A person in a session. */
struct erasure_target {
	const char *session_id;
	const char *attendee;
	const char *pseudonym; /* replaces the person in all rows */
};

/* Is the person in rows of the session, or were they erased from it before? */
enum db_outcome erasure_known(struct db *db, const struct erasure_target *target, bool *known);

/* Finds the texts that identify the person: the attendee, their names, and the ids of participants.
 * These are the ids of the person's connections, and those that begin with `prefix` (NULL: none).
 * Each id gets its own replacement. */
enum db_outcome erasure_identity(struct db *db, struct arena *arena,
    const struct erasure_target *target, const char *prefix, struct identity *identity);

/* Replaces all of these in every table, deletes the codes of the person's invite, and leaves the
 * mark. Because of the mark, late events do not bring the person back (connection_add()). */
enum db_outcome erasure_write(struct db *db, struct arena *arena,
    const struct erasure_target *target, const struct identity *identity, int64_t now);

/* A meeting of the person. */
struct erasure_meeting {
	int64_t id;
	const char *meeting_link;
};

/* Finds the meetings of one tenant, or of none (NULL), with rows of the person; also deleted ones.
 * Up to `limit` with an id above `after`. */
enum db_outcome erasure_meetings(struct db *db, struct arena *arena, const char *tenant,
    const char *attendee, int64_t after, size_t limit, struct erasure_meeting **meetings,
    size_t *count);

/* A batch of entries of the audit log. */
struct erasure_batch {
	int64_t after; /* the entries have an id above this one */
	size_t limit;
};

/* Replaces the person in entries of actors of the tenant (NULL: of none), but not in entries about
 * existing meetings. `*next` is the following batch; its limit is 0 if there is none. */
enum db_outcome erasure_audit(struct db *db, struct arena *arena, const char *tenant,
    const struct identity *identity, struct erasure_batch batch, struct erasure_batch *next);

#endif
