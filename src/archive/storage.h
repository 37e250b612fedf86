/* The storage of recordings outside of this host: S3 and Azure Blob Storage.
 *
 * A store is used through one `struct storage`. Its functions return what went wrong (STORAGE_DONE:
 * nothing), and then `*error` has a sentence for operators, which holds no credentials. */
#ifndef CONFAB_ARCHIVE_STORAGE_H
#define CONFAB_ARCHIVE_STORAGE_H

#include "archive/storage_fault.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/http_client.h"
#include "meeting/storage_target.h"

/* A store, and who uses it. */
struct storage {
	struct http_client *client;
	const struct config *config;
	const struct storage_target *target;
	int64_t
	    timeout; /* microseconds for each request; 0: only STORAGE_STALL_SECONDS limits it */
	http_keep *keep; /* is called about once a second; false stops the work; may be NULL */
	void *context;   /* for keep() */
};

/* Do the settings have the credentials for this target? Else ERROR_UNAVAILABLE names a missing one.
 * */
bool storage_usable(
    const struct config *config, const struct storage_target *target, struct error *error);

/* The target as JSON text in the arena, without secrets, to store it. */
const char *storage_target_text(struct arena *arena, const struct storage_target *target);

/* Reads that text again. Text lies in the arena. False when it is no target that this program
 * knows. */
bool storage_target_parse(
    struct arena *arena, const char *text, struct storage_target *target, struct error *error);

/* Writes a small object and removes it. The caller has chosen the target, so a failure is
 * ERROR_MALFORMED. The message has the HTTP status and the error code of the store, but nothing
 * else from its answer. */
bool storage_try(struct http_client *client, struct arena *arena, const struct config *config,
    const struct storage_target *target, struct error *error);

/* A file to upload, and how far an earlier try came. */
struct storage_upload {
	int fd;             /* of the file; stays the caller's */
	int64_t size;       /* bytes */
	const char *object; /* the object's name: letters, digits and . _ - / */
	const char *type;   /* Content-Type */
	const char *id;     /* the store's name of an upload in parts; NULL: none has begun */
	/* Keeps the id before the first part is sent, so that the next try finds the parts; NULL
	 * forgets it. False with the error ends the upload. */
	bool (*id_keep)(void *context, const char *id, struct error *error);
	void *context; /* for id_keep() */
	/* Results: */
	int64_t sent;                     /* bytes sent by this try */
	char sha256[2 * SHA256_SIZE + 1]; /* of the file, as hex */
};

/* Uploads the file: in one request, or over STORAGE_SINGLE_MAX bytes in parts. Parts that the store
 * has from an earlier try are not sent again. Then compares size and checksum of the object with
 * the file: after STORAGE_DONE the object is the file. The memory used does not depend on the size.
 *
 * A try that failed can be repeated at any time, and from another process. */
enum storage_fault storage_upload(const struct storage *storage, struct arena *arena,
    struct storage_upload *upload, struct error *error);

/* Removes the object, and the parts of an upload (`id` as in struct storage_upload). What does not
 * exist is no fault. */
enum storage_fault storage_delete(const struct storage *storage, struct arena *arena,
    const char *object, const char *id, struct error *error);

/* Reads the whole object: its bytes, and its SHA-256 as hex. STORAGE_ABSENT if it does not exist.
 * Stores charge for this. */
enum storage_fault storage_read(const struct storage *storage, struct arena *arena,
    const char *object, int64_t *size, char sha256[static 2 * SHA256_SIZE + 1],
    struct error *error);

/* A link to the object for `life` microseconds (at most 7 days), which needs no credentials. `now`:
 * the wall clock. The result lies in the arena. */
const char *storage_link(const struct storage *storage, struct arena *arena, const char *object,
    int64_t now, int64_t life);

#define STORAGE_SINGLE_MAX INT64_C(67108864) /* 64 MiB */

/* The size of all parts but the last one. It depends on nothing else, so that the next try cuts the
 * file in the same places. */
int64_t storage_part_size(int64_t size);

#endif
