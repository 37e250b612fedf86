/* Where recordings can be kept besides this host: S3 and Azure Blob Storage. */
#ifndef CONFAB_ARCHIVE_STORAGE_H
#define CONFAB_ARCHIVE_STORAGE_H

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "base/http_client.h"
#include "meeting/storage_target.h"

/* Are there credentials for it? They come from the configuration: missing ones are
 * ERROR_UNAVAILABLE naming the setting. */
bool storage_usable(
    const struct config *config, const struct storage_target *target, struct error *error);

/* The target as it is kept, without secrets: JSON text in the arena. */
const char *storage_target_text(struct arena *arena, const struct storage_target *target);

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
