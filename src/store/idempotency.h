/* The table of idempotency keys: the same key from the same caller gets the same answer for a day.
 */
#ifndef CONFAB_STORE_IDEMPOTENCY_H
#define CONFAB_STORE_IDEMPOTENCY_H

#include "base/clock.h"
#include "base/crypto.h"
#include "store/db.h"

#define IDEMPOTENCY_LIFE  DAY
#define IDEMPOTENCY_LEASE (30 * SECOND)

/* One key's use. The row comes before the work, with the link that the work will give, so that a
 * worker killed half-way leaves one meeting and not two or none. */
struct idempotency {
	const char *tenant; /* the caller's; "" for none */
	const char *principal;
	const char *key;
	unsigned char body_hash[SHA256_SIZE];
	const char *request_id;
	const char *meeting_link; /* in: the link to be used; out: the one that counts */
	const char *session_id;   /* the same; NULL while the provider has not given one */
};

enum idempotency_state {
	IDEMPOTENCY_MINE,  /* do the work with meeting_link, and say idempotency_done() */
	IDEMPOTENCY_DONE,  /* the work is done: answer with meeting_link */
	IDEMPOTENCY_BUSY,  /* somebody is at work on it */
	IDEMPOTENCY_OTHER, /* the key was used with another body */
	IDEMPOTENCY_NONE,  /* idempotency_look() only: the key is free */
};

/* What there is about the key, without taking it. */
enum db_outcome idempotency_look(struct db *db, struct arena *arena,
    struct idempotency *idempotency, int64_t now, enum idempotency_state *state);

/* Takes the key if it is free, older than a day, or left behind by a worker that is gone. */
enum db_outcome idempotency_take(struct db *db, struct arena *arena,
    struct idempotency *idempotency, int64_t now, enum idempotency_state *state);

/* The work is done; in the same transaction as the work. */
enum db_outcome idempotency_done(struct db *db, const struct idempotency *idempotency);

/* The work failed: only success is kept. */
enum db_outcome idempotency_drop(struct db *db, const struct idempotency *idempotency);

/* Removes up to `limit` keys older than a day. */
enum db_outcome idempotency_expire(struct db *db, int64_t now, size_t limit, uint64_t *removed);

#endif
