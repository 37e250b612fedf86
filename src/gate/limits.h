/* How much a page may send: a bucket that fills at a steady rate. */
#ifndef CONFAB_GATE_LIMITS_H
#define CONFAB_GATE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct bucket {
	int64_t level; /* microseconds of filling that are left */
	int64_t at;    /* when `level` was right */
};

/* Fills it up to now. `rate` a second, at most `burst`. */
static inline void bucket_fill(struct bucket *bucket, int64_t rate, int64_t burst, int64_t now)
{
	int64_t full = burst * SECOND / rate;

	bucket->level += now - bucket->at;
	bucket->at = now;
	if (bucket->level > full)
		bucket->level = full;
}

/* A full one. */
static inline struct bucket bucket_new(int64_t rate, int64_t burst, int64_t now)
{
	return (struct bucket){.level = burst * SECOND / rate, .at = now};
}

/* Takes one out, which may leave less than nothing. Gives when there is one again; 0: there is one
 * now. */
static inline int64_t bucket_take(struct bucket *bucket, int64_t rate, int64_t burst, int64_t now)
{
	bucket_fill(bucket, rate, burst, now);
	bucket->level -= SECOND / rate;
	return bucket->level >= SECOND / rate ? 0 : now + SECOND / rate - bucket->level;
}

#endif
