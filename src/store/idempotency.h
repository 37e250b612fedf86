/* The table of idempotency keys: for a day, the same key from the same caller gets the same answer.
 * */
#ifndef CONFAB_STORE_IDEMPOTENCY_H
#define CONFAB_STORE_IDEMPOTENCY_H

#include "base/clock.h"
#include "base/crypto.h"
#include "store/db.h"

#define IDEMPOTENCY_LIFE  DAY
#define IDEMPOTENCY_LEASE (30 * SECOND)

/* One use of a key. The row is written before the work and holds the link of the new meeting. So a
 * worker that is killed half-way leaves one meeting, not two or none. */
struct idempotency {
	const char *tenant; /* of the caller; "" for none */
	const char *principal;
	const char *key;
	unsigned char body_hash[SHA256_SIZE];
	const char *request_id;
	const char *meeting_link; /* in: the link for a new meeting; out: the link that counts */
	const char *session_id;   /* the same; NULL while the provider has not made the session */
};

enum idempotency_state {
	IDEMPOTENCY_MINE,  /* do the work with meeting_link, then call idempotency_done() */
	IDEMPOTENCY_DONE,  /* the work is done: answer with meeting_link */
	IDEMPOTENCY_BUSY,  /* another worker does the work now */
	IDEMPOTENCY_OTHER, /* the key came with another body before */
	IDEMPOTENCY_NONE,  /* idempotency_look() only: the key is free */
};

/* Says what is known of the key, without taking it. */
enum db_outcome idempotency_look(struct db *db, struct arena *arena,
    struct idempotency *idempotency, int64_t now, enum idempotency_state *state);

/* Takes the key if it is free, older than a day, or if the worker that took it is gone. */
enum db_outcome idempotency_take(struct db *db, struct arena *arena,
    struct idempotency *idempotency, int64_t now, enum idempotency_state *state);

/* Stores that the work is done, in the transaction of the work. */
enum db_outcome idempotency_done(struct db *db, const struct idempotency *idempotency);

/* Removes the key because the work failed: only success is stored. */
enum db_outcome idempotency_drop(struct db *db, const struct idempotency *idempotency);

/* Removes up to `limit` keys older than a day. */
enum db_outcome idempotency_expire(struct db *db, int64_t now, size_t limit, uint64_t *removed);

#endif
