/* Where recordings can be kept besides this host, and what its names look like: rules without I/O.
 */
#ifndef CONFAB_MEETING_STORAGE_TARGET_H
#define CONFAB_MEETING_STORAGE_TARGET_H

#include <stdbool.h>

struct storage_target {
	enum { STORAGE_S3 = 1, STORAGE_AZURE } kind;
	const char *bucket, *region, *endpoint;   /* S3; endpoint NULL: Amazon's own */
	const char *account, *container, *domain; /* Azure; domain NULL: Microsoft's own */
	const char *fallback;                     /* "none" or "opentok", or NULL */
};

/* A bucket's or container's name: ^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$ */
bool storage_bucket_good(const char *text);

/* ^[a-z0-9-]{1,32}$ */
bool storage_region_good(const char *text);

/* ^[a-z0-9]{3,24}$ */
bool storage_account_good(const char *text);

bool storage_fallback_good(const char *text);

/* "https://host" or "https://host:port" and nothing more; IPv6 addresses stand in brackets. The
 * second function takes http:// too. */
bool storage_https_origin_good(const char *text);
bool storage_origin_good(const char *text);

#endif
