/* The storage of recordings outside of this host: S3 and Azure Blob Storage. */
#ifndef CONFAB_ARCHIVE_STORAGE_H
#define CONFAB_ARCHIVE_STORAGE_H

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "base/http_client.h"
#include "meeting/storage_target.h"

/* Do the settings have the credentials for this target? Else ERROR_UNAVAILABLE names a missing one.
 * */
bool storage_usable(
    const struct config *config, const struct storage_target *target, struct error *error);

/* The target as JSON text in the arena, without secrets, to store it. */
const char *storage_target_text(struct arena *arena, const struct storage_target *target);

/* Writes a small object and removes it. The caller has chosen the target, so a failure is
 * ERROR_MALFORMED. The message has the HTTP status and the error code of the store, but nothing
 * else from its answer. */
bool storage_try(struct http_client *client, struct arena *arena, const struct config *config,
    const struct storage_target *target, struct error *error);

/* One signed request to the store: PUT or DELETE of the object `name`. The functions below give the
 * answer with any status. False when there is no answer. */
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

/* The members of a call that all stores have in common. The call may go to a private address only
 * when STORAGE_HOSTS lists the host of `url`. */
struct http_call storage_call(const struct config *config, const struct storage_request *request,
    const char *url, const char *const *headers);

#endif
