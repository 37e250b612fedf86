/* What a kind of store can do: one constant for S3, one for Azure. storage.c and storage_upload.c
 * use it; callers of the archive use storage.h. */
#ifndef CONFAB_ARCHIVE_STORAGE_DRIVER_H
#define CONFAB_ARCHIVE_STORAGE_DRIVER_H

#include "archive/storage.h"

enum {
	MD5_SIZE = 16,
};

/* The version of Azure's interface that requests and links name. */
#define AZURE_VERSION "2021-08-06"

/* A part of a file, or all of it. */
struct storage_piece {
	struct http_upload file;
	const char *body; /* bytes to send instead of the file's; NULL: none */
	unsigned number;  /* from 1; 0: the whole file */
	unsigned char sha256[SHA256_SIZE], md5[MD5_SIZE];
};

/* A part that the store has. */
struct storage_part {
	const char *tag; /* the store's name of its content */
	int64_t size;
};

/* The parts of an upload by their numbers less 1. tag NULL: the store does not have it. */
struct storage_parts {
	struct storage_part *list;
	size_t count;
};

/* The digests of a whole file. */
struct storage_digests {
	unsigned char md5[MD5_SIZE];
	const unsigned char *part_md5s; /* one behind the other */
	size_t part_count;              /* 0: the file was sent in one request */
};

/* What the store says about an object. */
struct storage_stat {
	int64_t size;
	const char
	    *checksum; /* in the store's own form; NULL: it gives none that can be compared */
};

/* All functions return a fault with its error, or STORAGE_DONE. Text lies in the arena. */
struct storage_driver {
	bool (*usable)(const struct config *config, struct error *error);

	/* Writes the whole object in one request. */
	enum storage_fault (*put)(const struct storage *storage, struct arena *arena,
	    const struct storage_upload *upload, const struct storage_piece *piece,
	    struct error *error);

	/* Begins an upload in parts; `*id` is the store's name of it. */
	enum storage_fault (*begin)(const struct storage *storage, struct arena *arena,
	    const struct storage_upload *upload, const char **id, struct error *error);

	/* Lists the parts that the store has; `parts` has room for all. STORAGE_NO_UPLOAD when it
	 * does not know the upload. */
	enum storage_fault (*parts)(const struct storage *storage, struct arena *arena,
	    const struct storage_upload *upload, const struct storage_parts *parts,
	    struct error *error);

	/* The tag that the store gives to this part; NULL: it cannot be foretold. */
	const char *(*tag)(struct arena *arena, const struct storage_piece *piece);

	/* Sends a part; `*tag` is the tag that finish() needs. */
	enum storage_fault (*part)(const struct storage *storage, struct arena *arena,
	    const struct storage_upload *upload, const struct storage_piece *piece,
	    const char **tag, struct error *error);

	/* Makes the object of all parts. */
	enum storage_fault (*finish)(const struct storage *storage, struct arena *arena,
	    const struct storage_upload *upload, const struct storage_parts *parts,
	    const struct storage_digests *digests, struct error *error);

	/* Removes the parts of an upload that has not finished. */
	enum storage_fault (*abort)(const struct storage *storage, struct arena *arena,
	    const char *object, const char *id, struct error *error);

	/* STORAGE_ABSENT when there is no such object. */
	enum storage_fault (*stat)(const struct storage *storage, struct arena *arena,
	    const char *object, struct storage_stat *stat, struct error *error);

	/* Is this checksum of stat() the file's? */
	bool (*same)(
	    struct arena *arena, const char *checksum, const struct storage_digests *digests);

	/* STORAGE_ABSENT when there was no such object. */
	enum storage_fault (*delete)(const struct storage *storage, struct arena *arena,
	    const char *object, struct error *error);

	/* Gives the object's bytes to `sink`. */
	enum storage_fault (*read)(const struct storage *storage, struct arena *arena,
	    const char *object, http_sink *sink, void *context, struct error *error);

	/* As storage_link(). */
	const char *(*link)(const struct storage *storage, struct arena *arena, const char *object,
	    int64_t now, int64_t life);
};

void storage_md5(const void *data, size_t len, unsigned char digest[static MD5_SIZE]);

/* Puts the piece into a call, as its body. */
void storage_piece_send(struct http_call *call, const struct storage_piece *piece);

extern const struct storage_driver storage_s3;
extern const struct storage_driver storage_azure;

const struct storage_driver *storage_driver(const struct storage_target *target);

enum {
	STORAGE_LIST_MAX = 8 * 1024 * 1024, /* bytes: the list of 10,000 parts has 3 MB */
};

/* Makes a call that a driver has signed, with what all calls to stores have in common: limits, and
 * which addresses they may go to (STORAGE_HOSTS). Then finds the fault of its answer. `what` says
 * what was tried ("send a part"). Answers over 64 KiB
 * are a fault, unless the call allows more. */
enum storage_fault storage_call(const struct storage *storage, struct arena *arena,
    struct http_call *call, const char *what, struct http_answer *answer, struct error *error);

/* The host and port of a URL as a browser sends them: without the scheme's own port. */
const char *storage_host(struct arena *arena, const char *url);

/* Signing, without I/O. The results lie in the arena.
 *
 * storage_s3_sign(): the query of a link to S3 ("Authenticating Requests: Using Query Parameters",
 * AWS Signature Version 4). */
struct storage_s3_link {
	const char *host, *path; /* as in the link; the path is percent-encoded */
	const char *region, *access_key, *secret_key;
	int64_t now, life; /* microseconds */
};
const char *storage_s3_sign(struct arena *arena, const struct storage_s3_link *link);

/* The query of a link to a blob ("Create a service SAS"). False key: NULL. */
struct storage_azure_link {
	const char *account, *key; /* base64 */
	const char *container, *object;
	int64_t now, life;
	bool http; /* may be used without TLS */
};
const char *storage_azure_sign(struct arena *arena, const struct storage_azure_link *link);

#endif
