/* A small result that all workers share, for example of a health check. One worker finds it out,
 * the others use it, and no worker waits for it. */
#ifndef CONFAB_BASE_SHARED_RESULT_H
#define CONFAB_BASE_SHARED_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SHARED_RESULT_MAX = 1024, /* bytes */
};

struct shared_result;

/* Opens the result in `file`. When that is "" or cannot be used, this process has a result of its
 * own. Never NULL. The caller ends with shared_result_close(), which allows NULL. */
struct shared_result *shared_result_open(const char *file);
void shared_result_close(struct shared_result *result);

/* Copies `size` bytes of the result when it is at most `age_max` microseconds old. */
bool shared_result_get(struct shared_result *result, void *value, size_t size, int64_t age_max);

/* Shall this process find out a new result? When true, no other process gets true until
 * shared_result_put(), or for `limit` microseconds: this process may be killed before. */
bool shared_result_claim(struct shared_result *result, int64_t limit);

/* Stores the result (at most SHARED_RESULT_MAX bytes) and returns the claim. */
void shared_result_put(struct shared_result *result, const void *value, size_t size);

#endif
