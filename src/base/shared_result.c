/* A small result that all workers share. */
#include "base/shared_result.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/shared_file.h"

/* `version` is odd while a process writes; a reader compares it before and after. Only the process
 * with the claim writes. When a process has held the claim for too long, two may write; the version
 * then tells the reader that it changed. Times are of the monotonic clock, which all processes of a
 * host share. It starts again when the host does: a time in the future is from before that. */
struct cell {
	unsigned char layout[SHA256_SIZE];
	_Atomic int64_t claimed_until;
	_Atomic uint64_t version;
	_Atomic int64_t put_at; /* 0: there is no result */
	_Atomic unsigned char value[SHARED_RESULT_MAX];
};

struct shared_result {
	struct cell *cell;
};

struct shared_result *shared_result_open(const char *file)
{
	struct shared_result *result = calloc(1, sizeof *result);
	unsigned char layout[SHA256_SIZE];
	char text[64];

	if (result == NULL)
		abort();
	snprintf(text, sizeof text, "shared result 1 %zu", sizeof(struct cell));
	sha256(text, strlen(text), layout);
	result->cell = shared_file_map(file, sizeof(struct cell), layout);
	if (result->cell == NULL)
		result->cell = shared_file_map("", sizeof(struct cell), layout);
	if (result->cell == NULL)
		abort();
	return result;
}

void shared_result_close(struct shared_result *result)
{
	if (result == NULL)
		return;
	munmap(result->cell, sizeof *result->cell);
	free(result);
}

bool shared_result_get(struct shared_result *result, void *value, size_t size, int64_t age_max)
{
	struct cell *cell = result->cell;
	uint64_t version = atomic_load(&cell->version);
	int64_t now = clock_monotonic(), put_at = cell->put_at;
	unsigned char *bytes = value;

	if (version % 2 != 0 || put_at == 0 || put_at > now || now - put_at > age_max)
		return false;
	for (size_t i = 0; i < size && i < SHARED_RESULT_MAX; i++)
		bytes[i] = atomic_load_explicit(&cell->value[i], memory_order_relaxed);
	atomic_thread_fence(memory_order_acquire);
	return atomic_load(&cell->version) == version;
}

bool shared_result_claim(struct shared_result *result, int64_t limit)
{
	int64_t now = clock_monotonic(), until = atomic_load(&result->cell->claimed_until);

	return (until <= now || until > now + limit) &&
	       atomic_compare_exchange_strong(&result->cell->claimed_until, &until, now + limit);
}

void shared_result_put(struct shared_result *result, const void *value, size_t size)
{
	struct cell *cell = result->cell;
	uint64_t version = atomic_load(&cell->version);
	const unsigned char *bytes = value;

	/* An odd version: a process was killed while it wrote, or another one writes late at this
	 * moment. Either result may win. */
	version += version % 2 == 0 ? 1 : 2;
	atomic_store(&cell->version, version);
	for (size_t i = 0; i < size && i < SHARED_RESULT_MAX; i++)
		atomic_store_explicit(&cell->value[i], bytes[i], memory_order_relaxed);
	cell->put_at = clock_monotonic();
	atomic_store(&cell->version, version + 1);
	cell->claimed_until = 0;
}
