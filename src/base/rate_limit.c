/* A limit of how often each network may do something. */
#include "base/rate_limit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/shared_file.h"

enum {
	SLOTS = 16384,
	NETWORK_BYTES = 8, /* of an IPv6 address */
};

/* Each network has a slot: the time, on the monotonic clock, at which all that it did is paid for,
 * when each thing costs one interval. */
struct table {
	unsigned char layout[SHA256_SIZE];
	_Atomic int64_t paid_at[SLOTS];
};

struct rate_limit {
	struct table *table;
	int64_t interval;
	int64_t credit; /* burst * interval */
};

struct rate_limit *rate_limit_open(const char *file, unsigned burst, int64_t interval)
{
	struct rate_limit *limit = calloc(1, sizeof *limit);
	unsigned char layout[SHA256_SIZE];
	char text[64];

	if (limit == NULL)
		abort();
	snprintf(text, sizeof text, "rate limit 1 %zu", sizeof(struct table));
	sha256(text, strlen(text), layout);
	limit->interval = interval;
	limit->credit = (int64_t)burst * interval;
	limit->table = shared_file_map(file, sizeof(struct table), layout);
	if (limit->table == NULL)
		limit->table = shared_file_map("", sizeof(struct table), layout);
	if (limit->table == NULL)
		abort();
	return limit;
}

void rate_limit_close(struct rate_limit *limit)
{
	if (limit == NULL)
		return;
	munmap(limit->table, sizeof *limit->table);
	free(limit);
}

static _Atomic int64_t *slot_of(const struct rate_limit *limit, const char *address)
{
	unsigned char network[sizeof(struct in6_addr)] = {0}, digest[SHA256_SIZE];
	size_t len = 0;
	uint32_t number;

	if (address != NULL && inet_pton(AF_INET, address, network) == 1)
		len = sizeof(struct in_addr);
	else if (address != NULL && inet_pton(AF_INET6, address, network) == 1)
		len = NETWORK_BYTES;
	sha256(network, len, digest);
	memcpy(&number, digest, sizeof number);
	return &limit->table->paid_at[number % SLOTS];
}

/* A time beyond the credit is from before the host's last start: the clock has started again. (One
 * count may come between a process's check and its own count, so twice the credit is possible.) */
static int64_t debt(const struct rate_limit *limit, int64_t paid_at, int64_t now)
{
	return paid_at <= now || paid_at - now > 2 * limit->credit ? 0 : paid_at - now;
}

int64_t rate_limit_wait(const struct rate_limit *limit, const char *address)
{
	int64_t now = clock_monotonic();
	int64_t next = debt(limit, atomic_load(slot_of(limit, address)), now) + limit->interval;

	return next > limit->credit ? next - limit->credit : 0;
}

void rate_limit_count(struct rate_limit *limit, const char *address)
{
	_Atomic int64_t *slot = slot_of(limit, address);
	int64_t paid_at = atomic_load(slot), now = clock_monotonic();

	while (!atomic_compare_exchange_weak(
	    slot, &paid_at, now + debt(limit, paid_at, now) + limit->interval))
		;
}
