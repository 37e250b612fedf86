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
	IPV4_BYTES = 4,
	MAPPED_AT = 12,    /* where the IPv4 address is in ::ffff:192.0.2.1 */
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
	unsigned char key[SHA256_SIZE]; /* of the networks' slots */
	int64_t interval;
	int64_t credit; /* burst * interval */
};

/* Nobody outside can compute which networks share a slot. */
static void key_make(const char *secret, unsigned char key[static SHA256_SIZE])
{
	struct arena *arena = arena_new();

	derive(arena, secret, "rate limit", "network", NULL, key);
	arena_free(arena);
}

struct rate_limit *rate_limit_open(
    const char *file, unsigned burst, int64_t interval, const char *secret)
{
	struct rate_limit *limit = calloc(1, sizeof *limit);
	unsigned char layout[SHA256_SIZE];
	char text[64];

	if (limit == NULL)
		abort();
	snprintf(text, sizeof text, "rate limit 1 %zu", sizeof(struct table));
	sha256(text, strlen(text), layout);
	key_make(secret, limit->key);
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

/* Reads the address' network, and gives its length; 0: it is no address. A socket for both families
 * shows an IPv4 address as ::ffff:192.0.2.1. */
static size_t network_read(const char *address, unsigned char network[static NETWORK_BYTES])
{
	struct in_addr ipv4;
	struct in6_addr ipv6;

	if (address == NULL)
		return 0;
	if (inet_pton(AF_INET, address, &ipv4) == 1) {
		memcpy(network, &ipv4, IPV4_BYTES);
		return IPV4_BYTES;
	}
	if (inet_pton(AF_INET6, address, &ipv6) != 1)
		return 0;
	if (IN6_IS_ADDR_V4MAPPED(&ipv6)) {
		memcpy(network, ipv6.s6_addr + MAPPED_AT, IPV4_BYTES);
		return IPV4_BYTES;
	}
	memcpy(network, ipv6.s6_addr, NETWORK_BYTES);
	return NETWORK_BYTES;
}

static _Atomic int64_t *slot_of(const struct rate_limit *limit, const char *address)
{
	unsigned char network[NETWORK_BYTES] = {0}, digest[SHA256_SIZE];
	size_t len = network_read(address, network);
	uint32_t number;

	hmac_sha256(limit->key, sizeof limit->key, network, len, digest);
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
