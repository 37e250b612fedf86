/* Where recordings can be kept besides this host: S3 and Azure Blob Storage. */
#ifndef CONFAB_ARCHIVE_STORAGE_H
#define CONFAB_ARCHIVE_STORAGE_H

#include <json-c/json.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "base/http_client.h"

struct storage_target {
	enum { STORAGE_S3 = 1, STORAGE_AZURE } kind;
	const char *bucket, *region, *endpoint;   /* S3; endpoint NULL: Amazon's own */
	const char *account, *container, *domain; /* Azure; domain NULL: Microsoft's own */
	const char *fallback;                     /* "none" or "opentok", or NULL */
};

/* Reads the body of PUT /archives/storage-target; all faults at once (ERROR_INVALID). Credentials
 * come from the configuration: missing ones are ERROR_UNAVAILABLE naming the setting.
 * What is taken is in confab(7), ARCHIVES. */
bool storage_target_parse(struct arena *arena, struct json_object *body,
    const struct config *config, struct storage_target *target, struct error *error);

/* The target as it is kept: without secrets. The caller puts it. */
struct json_object *storage_target_json(const struct storage_target *target);

/* Writes a small object and removes it. A failure is ERROR_MALFORMED (the target is the caller's)
 * with the store's HTTP status and error code, never its body. */
bool storage_try(struct http_client *client, struct arena *arena, const struct config *config,
    const struct storage_target *target, struct error *error);

/* One request to the store, signed: "PUT" or "DELETE" of the object `name`. Gives the answer
 * whatever its status; false when there is none. */
struct storage_request {
	const char *method;
	const char *name;
	const void *body;
	size_t body_len;
};
bool storage_send_s3(struct http_client *client, struct arena *arena, const struct config *config,
    const struct storage_target *target, const struct storage_request *request,
    struct http_answer *answer, struct error *error);
bool storage_send_azure(struct http_client *client, struct arena *arena,
    const struct config *config, const struct storage_target *target,
    const struct storage_request *request, struct http_answer *answer, struct error *error);

/* May this URL's host have a private address: is it listed in STORAGE_HOSTS? */
bool storage_host_listed(const struct config *config, const char *url);

enum {
	STORAGE_ANSWER_MAX = 64 * 1024, /* bytes of a store's answer that are looked at */
};
#define STORAGE_TIMEOUT (10 * SECOND)

#endif
