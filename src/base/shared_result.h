/* A small result that all worker processes share, such as that of a health check: one of them finds
 * it out, the others use it, and nobody waits for it. */
#ifndef CONFAB_BASE_SHARED_RESULT_H
#define CONFAB_BASE_SHARED_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SHARED_RESULT_MAX = 1024, /* bytes */
};

struct shared_result;

/* Opens the one in `file`, or one for this process alone if that is "" or cannot be used. Never
 * NULL. shared_result_close() when done (NULL is allowed). */
struct shared_result *shared_result_open(const char *file);
void shared_result_close(struct shared_result *result);

/* Copies the result, `size` bytes, if it is not older than `age_max` microseconds. */
bool shared_result_get(struct shared_result *result, void *value, size_t size, int64_t age_max);

/* Is this process the one to find out a new result? If so, nobody else is until
 * shared_result_put(), or for `limit` microseconds: the process may be killed meanwhile. */
bool shared_result_claim(struct shared_result *result, int64_t limit);

/* Keeps the result, of at most SHARED_RESULT_MAX bytes, and gives the claim back. */
void shared_result_put(struct shared_result *result, const void *value, size_t size);

#endif
