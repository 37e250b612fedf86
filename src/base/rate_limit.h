/* A limit of how often each network may do something, counted by all processes of a host. */
#ifndef CONFAB_BASE_RATE_LIMIT_H
#define CONFAB_BASE_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct rate_limit;

/* Opens the counts in `file`. When that is "" or cannot be used, this process counts for itself.
 * A network may do `burst` things at once, and then one in each `interval` (microseconds). `secret`
 * chooses which networks share a count; all processes have the same. Never NULL. The caller ends
 * with rate_limit_close(), which allows NULL. */
struct rate_limit *rate_limit_open(
    const char *file, unsigned burst, int64_t interval, const char *secret);
void rate_limit_close(struct rate_limit *limit);

/* How long the network of this address must wait before it may do the next thing, in microseconds;
 * 0: not at all. A network is one IPv4 address (also written as IPv6), or 64 bits of an IPv6
 * address. All callers whose address is missing (NULL) or is no address are one network; and two
 * networks may share a count. */
int64_t rate_limit_wait(const struct rate_limit *limit, const char *address);

/* Counts one thing of this address. */
void rate_limit_count(struct rate_limit *limit, const char *address);

#endif
