/* Uploads a file: in one request or in parts, taken up where an earlier try ended, and verified. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/storage_driver.h"
#include "base/clock.h"

enum {
	READ_SIZE = 64 * 1024,
	PARTS_MAX = 10000, /* S3's limit; Azure's is 50,000 */
};

#define PART_SIZE INT64_C(16777216) /* 16 MiB */

int64_t storage_part_size(int64_t size)
{
	int64_t part = PART_SIZE;

	while ((size + part - 1) / part > PARTS_MAX)
		part *= 2;
	return part;
}

/* One upload while it goes on. The digests of the whole file grow with each piece. */
struct sending {
	const struct storage *storage;
	const struct storage_driver *driver;
	struct arena *arena;
	struct arena *scratch; /* for one part: so the memory does not grow with their number */
	struct storage_upload *upload;
	EVP_MD_CTX *sha256, *md5; /* of the file up to `offset` */
	int64_t offset;
	struct storage_parts parts;
	unsigned char *part_md5s;
	struct storage_digests digests;
};

static EVP_MD_CTX *digest_begin(const EVP_MD *kind)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (context == NULL || EVP_DigestInit_ex(context, kind, NULL) != 1)
		abort();
	return context;
}

static void digest_end(EVP_MD_CTX *context, unsigned char *digest)
{
	if (EVP_DigestFinal_ex(context, digest, NULL) != 1)
		abort();
	EVP_MD_CTX_free(context);
}

static enum storage_fault file_fault(struct error *error, const char *reason)
{
	error_set(error, ERROR_INTERNAL, "The recording's file cannot be read: %s.", reason);
	return STORAGE_FILE;
}

/* Reads the next `len` bytes of the file into the digests. */
static enum storage_fault bytes_digest(struct sending *sending, EVP_MD_CTX *sha256_part,
    EVP_MD_CTX *md5_part, int64_t len, struct error *error)
{
	unsigned char bytes[READ_SIZE];

	while (len > 0) {
		size_t wanted = len < READ_SIZE ? (size_t)len : READ_SIZE;
		ssize_t got = pread(sending->upload->fd, bytes, wanted, sending->offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return file_fault(error, got == 0 ? "it became shorter" : strerror(errno));
		if (EVP_DigestUpdate(sending->sha256, bytes, (size_t)got) != 1 ||
		    EVP_DigestUpdate(sending->md5, bytes, (size_t)got) != 1 ||
		    EVP_DigestUpdate(sha256_part, bytes, (size_t)got) != 1 ||
		    EVP_DigestUpdate(md5_part, bytes, (size_t)got) != 1)
			abort();
		sending->offset += got;
		len -= got;
	}
	return STORAGE_DONE;
}

/* Makes the next piece of the file, of `len` bytes, with its digests. */
static enum storage_fault piece_next(struct sending *sending, unsigned number, int64_t len,
    struct storage_piece *piece, struct error *error)
{
	EVP_MD_CTX *sha256_part = digest_begin(EVP_sha256()), *md5_part = digest_begin(EVP_md5());
	enum storage_fault fault;

	*piece = (struct storage_piece){
	    .file = {.fd = sending->upload->fd, .offset = sending->offset, .len = len},
	    .number = number};
	fault = bytes_digest(sending, sha256_part, md5_part, len, error);
	digest_end(sha256_part, piece->sha256);
	digest_end(md5_part, piece->md5);
	return fault;
}

/* The digests of the whole file are complete. */
static void digests_close(struct sending *sending)
{
	unsigned char sha256[SHA256_SIZE];

	if (sending->sha256 == NULL)
		return;
	digest_end(sending->sha256, sha256);
	digest_end(sending->md5, sending->digests.md5);
	sending->sha256 = sending->md5 = NULL;
	hex_encode(sha256, sizeof sha256, sending->upload->sha256);
}

static void digests_open(struct sending *sending)
{
	digests_close(sending);
	sending->offset = 0;
	sending->sha256 = digest_begin(EVP_sha256());
	sending->md5 = digest_begin(EVP_md5());
}

/* Is the object the file? */
static enum storage_fault object_compare(struct sending *sending, struct error *error)
{
	const struct storage_upload *upload = sending->upload;
	struct storage_stat stat = {0};
	enum storage_fault fault =
	    sending->driver->stat(sending->storage, sending->arena, upload->object, &stat, error);

	if (fault != STORAGE_DONE)
		return fault;
	if (stat.size == upload->size &&
	    (stat.checksum == NULL ||
		sending->driver->same(sending->arena, stat.checksum, &sending->digests)))
		return STORAGE_DONE;
	error_set(error, ERROR_PROVIDER, "The object in the storage is not the file: %s differs.",
	    stat.size == upload->size ? "its checksum" : "its size");
	return STORAGE_MISMATCH;
}

static enum storage_fault id_keep(struct sending *sending, const char *id, struct error *error)
{
	struct storage_upload *upload = sending->upload;

	upload->id = id;
	return upload->id_keep(upload->context, id, error) ? STORAGE_DONE : STORAGE_STOPPED;
}

/* The same after an upload. A wrong object is removed, and the next try begins anew. */
static enum storage_fault object_verify(struct sending *sending, struct error *error)
{
	enum storage_fault fault = object_compare(sending, error);
	struct error failure = {0};

	if (fault == STORAGE_MISMATCH) {
		sending->driver->delete (
		    sending->storage, sending->arena, sending->upload->object, &failure);
		id_keep(sending, NULL, &failure);
		error_clear(&failure);
	}
	/* It was there a moment ago. */
	return fault == STORAGE_ABSENT ? STORAGE_BUSY : fault;
}

static enum storage_fault send_whole(struct sending *sending, struct error *error)
{
	struct storage_upload *upload = sending->upload;
	struct storage_piece piece;
	enum storage_fault fault = piece_next(sending, 0, upload->size, &piece, error);

	digests_close(sending);
	if (upload->size == 0)
		piece.body = "";
	if (fault == STORAGE_DONE)
		fault =
		    sending->driver->put(sending->storage, sending->arena, upload, &piece, error);
	if (fault != STORAGE_DONE)
		return fault;
	upload->sent = upload->size;
	return object_verify(sending, error);
}

static bool keep_on(const struct sending *sending, struct error *error)
{
	const struct storage *storage = sending->storage;

	return storage->keep == NULL || storage->keep(storage->context) ||
	       error_set(error, ERROR_CONFLICT, "The upload was stopped.");
}

static int64_t piece_length(const struct sending *sending)
{
	int64_t part = storage_part_size(sending->upload->size);
	int64_t left = sending->upload->size - sending->offset;

	return left < part ? left : part;
}

/* Does the store have this piece? A part whose tag cannot be foretold (S3 with encryption by the
 * store's keys) is sent again. */
static bool piece_there(const struct sending *sending, const struct storage_piece *piece)
{
	const struct storage_part *part = &sending->parts.list[piece->number - 1];
	const char *tag = sending->driver->tag(sending->scratch, piece);
	const char *there = part->tag;

	if (there == NULL || part->size != piece->file.len)
		return false;
	there += *there == '"';
	return strncmp(there, tag, strlen(tag)) == 0;
}

/* Reads the next piece, and sends it unless the store has it (or `look_only`). */
static enum storage_fault piece_send(
    struct sending *sending, unsigned number, bool look_only, struct error *error)
{
	struct storage_part *part = &sending->parts.list[number - 1];
	struct storage_piece piece;
	enum storage_fault fault;
	const char *tag = NULL;

	if (!keep_on(sending, error))
		return STORAGE_STOPPED;
	fault = piece_next(sending, number, piece_length(sending), &piece, error);
	if (fault != STORAGE_DONE)
		return fault;
	memcpy(sending->part_md5s + (size_t)(number - 1) * MD5_SIZE, piece.md5, MD5_SIZE);
	arena_reset(sending->scratch);
	if (look_only || piece_there(sending, &piece))
		return STORAGE_DONE;
	fault = sending->driver->part(
	    sending->storage, sending->scratch, sending->upload, &piece, &tag, error);
	if (fault != STORAGE_DONE)
		return fault;
	part->tag = arena_strdup(sending->arena, tag);
	sending->upload->sent += piece.file.len;
	return STORAGE_DONE;
}

static enum storage_fault pieces_send(struct sending *sending, bool look_only, struct error *error)
{
	enum storage_fault fault = STORAGE_DONE;

	digests_open(sending);
	for (unsigned i = 1; i <= sending->parts.count && fault == STORAGE_DONE; i++)
		fault = piece_send(sending, i, look_only, error);
	digests_close(sending);
	return fault;
}

/* The store no longer knows the upload. An earlier try may have finished it: STORAGE_DONE if the
 * object is the file. STORAGE_NO_UPLOAD: it must begin anew. */
static enum storage_fault finished_look(struct sending *sending, struct error *error)
{
	struct error difference = {0};
	enum storage_fault fault = pieces_send(sending, true, error);

	if (fault != STORAGE_DONE)
		return fault;
	/* A store may hide what does not exist behind a refusal; beginning anew says more. */
	fault = object_compare(sending, &difference);
	error_clear(&difference);
	return fault == STORAGE_DONE ? STORAGE_DONE : STORAGE_NO_UPLOAD;
}

/* Finds what the store has of an earlier try. STORAGE_NO_UPLOAD: nothing. */
static enum storage_fault earlier_find(struct sending *sending, bool *finished, struct error *error)
{
	const struct storage_upload *upload = sending->upload;
	struct error unknown = {0};
	enum storage_fault fault;

	*finished = false;
	if (upload->id == NULL)
		return STORAGE_NO_UPLOAD;
	fault = sending->driver->parts(
	    sending->storage, sending->arena, upload, &sending->parts, &unknown);
	if (fault != STORAGE_NO_UPLOAD && fault != STORAGE_ABSENT) {
		*error = unknown;
		return fault;
	}
	error_clear(&unknown);
	fault = finished_look(sending, error);
	*finished = fault == STORAGE_DONE;
	return fault;
}

/* An upload whose id is not kept would be forgotten in the store. */
static enum storage_fault begun_keep(struct sending *sending, const char *id, struct error *error)
{
	struct error failure = {0};
	enum storage_fault fault = id_keep(sending, id, error);

	if (fault != STORAGE_DONE)
		sending->driver->abort(
		    sending->storage, sending->arena, sending->upload->object, id, &failure);
	error_clear(&failure);
	return fault;
}

/* Begins the upload, or takes it up. */
static enum storage_fault parts_prepare(
    struct sending *sending, bool *finished, struct error *error)
{
	enum storage_fault fault = earlier_find(sending, finished, error);
	const char *id = NULL;

	if (fault != STORAGE_NO_UPLOAD)
		return fault;
	fault =
	    sending->driver->begin(sending->storage, sending->arena, sending->upload, &id, error);
	return fault == STORAGE_DONE ? begun_keep(sending, id, error) : fault;
}

/* Makes the object of the parts. The request of an earlier try, whose worker was killed, may still
 * do the same: then the object is there, and the store no longer knows the upload. */
static enum storage_fault parts_finish(struct sending *sending, struct error *error)
{
	struct error unknown = {0};
	enum storage_fault fault = sending->driver->finish(sending->storage, sending->arena,
	    sending->upload, &sending->parts, &sending->digests, &unknown);

	if (fault == STORAGE_DONE)
		return object_verify(sending, error);
	if (fault == STORAGE_NO_UPLOAD && object_compare(sending, error) == STORAGE_DONE) {
		error_clear(&unknown);
		return STORAGE_DONE;
	}
	*error = unknown;
	return fault;
}

static enum storage_fault send_parts(struct sending *sending, struct error *error)
{
	int64_t part = storage_part_size(sending->upload->size);
	size_t count = (size_t)((sending->upload->size + part - 1) / part);
	bool finished;
	enum storage_fault fault;

	sending->parts = (struct storage_parts){.count = count,
	    .list = arena_alloc(sending->arena, count * sizeof *sending->parts.list)};
	sending->part_md5s = arena_alloc(sending->arena, count * MD5_SIZE);
	sending->digests.part_md5s = sending->part_md5s;
	sending->digests.part_count = count;
	fault = parts_prepare(sending, &finished, error);
	if (fault != STORAGE_DONE || finished)
		return fault;
	fault = pieces_send(sending, false, error);
	return fault == STORAGE_DONE ? parts_finish(sending, error) : fault;
}

enum storage_fault storage_upload(const struct storage *storage, struct arena *arena,
    struct storage_upload *upload, struct error *error)
{
	struct sending sending = {.storage = storage,
	    .driver = storage_driver(storage->target),
	    .arena = arena,
	    .scratch = arena_new(),
	    .upload = upload};
	enum storage_fault fault;

	upload->sent = 0;
	digests_open(&sending);
	if (!sending.driver->usable(storage->config, error))
		fault = STORAGE_SETTINGS;
	else
		fault = upload->size <= STORAGE_SINGLE_MAX ? send_whole(&sending, error)
							   : send_parts(&sending, error);
	digests_close(&sending);
	arena_free(sending.scratch);
	return fault;
}
