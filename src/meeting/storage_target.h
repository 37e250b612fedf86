/* A storage of recordings outside of this host, and the form of its names: rules without I/O. */
#ifndef CONFAB_MEETING_STORAGE_TARGET_H
#define CONFAB_MEETING_STORAGE_TARGET_H

#include <stdbool.h>

struct storage_target {
	enum { STORAGE_S3 = 1, STORAGE_AZURE } kind;
	const char *bucket, *region, *endpoint;   /* S3; endpoint NULL: the store is Amazon's */
	const char *account, *container, *domain; /* Azure; domain NULL: the store is Microsoft's */
	const char *fallback;                     /* "none" or "opentok", or NULL */
};

/* The name of a bucket or container: ^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$ */
bool storage_bucket_good(const char *text);

/* ^[a-z0-9-]{1,32}$ */
bool storage_region_good(const char *text);

/* ^[a-z0-9]{3,24}$ */
bool storage_account_good(const char *text);

bool storage_fallback_good(const char *text);

/* Is it only "https://host" or "https://host:port"? IPv6 addresses are in brackets. The second
 * function also accepts http://. */
bool storage_https_origin_good(const char *text);
bool storage_origin_good(const char *text);

#endif
