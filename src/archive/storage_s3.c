/* Requests to S3 and compatible stores. curl makes the signature (SigV4) of requests. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "archive/storage_driver.h"
#include "archive/storage_xml.h"
#include "base/buffer.h"
#include "base/clock.h"

enum {
	LIST_PAGE = 1000, /* parts in one answer */
	PART_XML = 96,    /* bytes of a part in the list that ends an upload */
};

static bool credential_need(const char *value, const char *name, struct error *error)
{
	return *value != '\0' || error_set(error, ERROR_UNAVAILABLE,
				     "The setting %s is missing; this storage needs it.", name);
}

static bool s3_usable(const struct config *config, struct error *error)
{
	return credential_need(config->aws_access_key, "AWS_ACCESS_KEY", error) &&
	       credential_need(config->aws_secret_key, "AWS_SECRET_KEY", error);
}

/* With an endpoint the bucket is in the path: certificates and names of such stores often do not
 * have the bucket in the host. */
static const char *origin(struct arena *arena, const struct storage_target *target)
{
	if (target->endpoint != NULL)
		return target->endpoint;
	return arena_printf(
	    arena, "https://%s.s3.%s.amazonaws.com", target->bucket, target->region);
}

static const char *path(
    struct arena *arena, const struct storage_target *target, const char *object)
{
	return target->endpoint != NULL ? arena_printf(arena, "/%s/%s", target->bucket, object)
					: arena_printf(arena, "/%s", object);
}

/* One request. `query` is as SigV4 signs it: sorted, percent-encoded, each name with a "=". */
struct s3_request {
	const char *method, *object, *query; /* query NULL: none */
	const char *type;                    /* Content-Type; NULL: none */
	const struct storage_piece *piece;   /* the body; NULL: `body` */
	const char *body;                    /* NULL: none */
	http_sink *sink;
	void *sink_context;
	size_t answer_max; /* 0: an answer is short */
};

static const char *hash_header(struct arena *arena, const struct s3_request *request)
{
	unsigned char digest[SHA256_SIZE];
	const unsigned char *hash = digest;
	char hex[2 * SHA256_SIZE + 1];

	if (request->piece != NULL)
		hash = request->piece->sha256;
	else
		sha256(request->body == NULL ? "" : request->body,
		    request->body == NULL ? 0 : strlen(request->body), digest);
	hex_encode(hash, SHA256_SIZE, hex);
	return arena_printf(arena, "x-amz-content-sha256: %s", hex);
}

static enum storage_fault s3_send(const struct storage *storage, struct arena *arena,
    const struct s3_request *request, const char *what, struct http_answer *answer,
    struct error *error)
{
	const struct storage_target *target = storage->target;
	const struct config *config = storage->config;
	/* S3 needs the hash of the body in a header, which is signed too: so it refuses a body that
	 * was changed on its way. */
	const char *const headers[] = {hash_header(arena, request),
	    request->type == NULL ? NULL : arena_printf(arena, "Content-Type: %s", request->type),
	    NULL};
	struct http_call call = {.method = request->method,
	    .url = arena_printf(arena, "%s%s%s%s", origin(arena, target),
		path(arena, target, request->object), request->query == NULL ? "" : "?",
		request->query == NULL ? "" : request->query),
	    .headers = headers,
	    .body = request->body,
	    .body_len = request->body == NULL ? 0 : strlen(request->body),
	    .user_password =
		arena_printf(arena, "%s:%s", config->aws_access_key, config->aws_secret_key),
	    .aws_sigv4 = arena_printf(arena, "aws:amz:%s:s3", target->region),
	    .sink = request->sink,
	    .sink_context = request->sink_context,
	    .answer_max = request->answer_max};

	if (request->piece != NULL)
		storage_piece_send(&call, request->piece);
	return storage_call(storage, arena, &call, what, answer, error);
}

/* An ETag without its quotation marks, if it is the MD5 of the content, or the MD5 of the parts'
 * MD5s and their number: not with encryption by the store's keys. Else NULL. */
static const char *etag_md5(struct arena *arena, const char *etag)
{
	size_t len;

	if (etag == NULL)
		return NULL;
	etag += *etag == '"';
	len = strspn(etag, "0123456789abcdef");
	if (len != 2 * (size_t)MD5_SIZE)
		return NULL;
	if (etag[len] == '-')
		len += 1 + strspn(etag + len + 1, "0123456789");
	return arena_strndup(arena, etag, len);
}

/* Does the store encrypt with keys that change the ETag? */
static bool etag_opaque(struct arena *arena, const struct http_answer *answer)
{
	const char *encryption = http_answer_header(arena, answer, "x-amz-server-side-encryption");

	return (encryption != NULL && strncmp(encryption, "aws:kms", 7) == 0) ||
	       http_answer_header(
		   arena, answer, "x-amz-server-side-encryption-customer-algorithm") != NULL;
}

static enum storage_fault s3_put(const struct storage *storage, struct arena *arena,
    const struct storage_upload *upload, const struct storage_piece *piece, struct error *error)
{
	const struct s3_request request = {
	    .method = "PUT", .object = upload->object, .type = upload->type, .piece = piece};
	struct http_answer answer;

	return s3_send(storage, arena, &request, "write an object", &answer, error);
}

static enum storage_fault answer_unreadable(const char *what, struct error *error)
{
	error_set(error, ERROR_PROVIDER, "The storage's answer to %s cannot be read.", what);
	return STORAGE_BUSY;
}

static enum storage_fault s3_begin(const struct storage *storage, struct arena *arena,
    const struct storage_upload *upload, const char **id, struct error *error)
{
	const struct s3_request request = {.method = "POST",
	    .object = upload->object,
	    .query = "uploads=",
	    .type = upload->type,
	    .body = ""};
	struct http_answer answer;
	enum storage_fault fault =
	    s3_send(storage, arena, &request, "begin an upload", &answer, error);

	if (fault != STORAGE_DONE)
		return fault;
	*id = xml_text(
	    arena, answer.body, answer.body_len, "InitiateMultipartUploadResult", "UploadId");
	return *id != NULL ? STORAGE_DONE : answer_unreadable("begin an upload", error);
}

static void part_keep(
    struct arena *arena, const struct storage_parts *parts, const struct xml_item *item)
{
	const char *number = item->fields[0], *size = item->fields[2];
	size_t place = number == NULL ? 0 : strtoul(number, NULL, 10);

	if (place < 1 || place > parts->count || size == NULL || item->fields[1] == NULL)
		return;
	parts->list[place - 1] = (struct storage_part){
	    .tag = arena_strdup(arena, item->fields[1]), .size = strtoll(size, NULL, 10)};
}

/* Reads one page of the list; `*marker` is the last part before it, and gets the next one's: "" at
 * the end. */
static enum storage_fault page_read(const struct storage *storage, struct arena *arena,
    const struct storage_upload *upload, const struct storage_parts *parts, const char **marker,
    struct error *error)
{
	static const char *const names[] = {"PartNumber", "ETag", "Size", NULL};
	const struct s3_request request = {.method = "GET",
	    .object = upload->object,
	    .query = arena_printf(arena, "max-parts=%d&part-number-marker=%s&uploadId=%s",
		LIST_PAGE, *marker, url_encode(arena, upload->id)),
	    .answer_max = STORAGE_LIST_MAX};
	struct http_answer answer;
	struct xml_items items;
	const char *more;
	enum storage_fault fault =
	    s3_send(storage, arena, &request, "list the parts of an upload", &answer, error);

	if (fault != STORAGE_DONE)
		return fault;
	if (!xml_items_read(arena, answer.body, answer.body_len, "Part", names, &items))
		return answer_unreadable("list the parts of an upload", error);
	for (size_t i = 0; i < items.count; i++)
		part_keep(arena, parts, &items.list[i]);
	more = xml_text(arena, answer.body, answer.body_len, "ListPartsResult", "IsTruncated");
	*marker = more == NULL || strcmp(more, "true") != 0 || items.count == 0
		      ? ""
		      : items.list[items.count - 1].fields[0];
	return *marker == NULL ? answer_unreadable("list the parts of an upload", error)
			       : STORAGE_DONE;
}

static enum storage_fault s3_parts(const struct storage *storage, struct arena *arena,
    const struct storage_upload *upload, const struct storage_parts *parts, struct error *error)
{
	const char *marker = "0";
	enum storage_fault fault = STORAGE_DONE;

	/* A page may be shorter than was asked for. */
	for (size_t page = 0; fault == STORAGE_DONE && *marker != '\0' && page <= parts->count;
	     page++)
		fault = page_read(storage, arena, upload, parts, &marker, error);
	return fault;
}

static const char *s3_tag(struct arena *arena, const struct storage_piece *piece)
{
	char hex[2 * MD5_SIZE + 1];

	hex_encode(piece->md5, MD5_SIZE, hex);
	return arena_strdup(arena, hex);
}

/* Compares the ETag of a part, if it is an MD5. */
static bool tag_wrong(struct arena *arena, const struct storage_piece *piece,
    const struct http_answer *answer, const char *tag)
{
	const char *md5 = etag_md5(arena, tag);

	return md5 != NULL && !etag_opaque(arena, answer) && strcmp(md5, s3_tag(arena, piece)) != 0;
}

static enum storage_fault s3_part(const struct storage *storage, struct arena *arena,
    const struct storage_upload *upload, const struct storage_piece *piece, const char **tag,
    struct error *error)
{
	const struct s3_request request = {.method = "PUT",
	    .object = upload->object,
	    .query = arena_printf(
		arena, "partNumber=%u&uploadId=%s", piece->number, url_encode(arena, upload->id)),
	    .piece = piece};
	struct http_answer answer;
	enum storage_fault fault =
	    s3_send(storage, arena, &request, "write a part", &answer, error);

	if (fault != STORAGE_DONE)
		return fault;
	*tag = http_answer_header(arena, &answer, "ETag");
	if (*tag == NULL)
		return answer_unreadable("write a part", error);
	if (!tag_wrong(arena, piece, &answer, *tag))
		return STORAGE_DONE;
	error_set(error, ERROR_PROVIDER, "The storage got other bytes than part %u of the file.",
	    piece->number);
	return STORAGE_MISMATCH;
}

static enum storage_fault s3_finish(const struct storage *storage, struct arena *arena,
    const struct storage_upload *upload, const struct storage_parts *parts,
    const struct storage_digests *digests, struct error *error)
{
	struct buffer body = buffer_new(arena, (parts->count + 1) * PART_XML);
	struct s3_request request = {.method = "POST",
	    .object = upload->object,
	    .query = arena_printf(arena, "uploadId=%s", url_encode(arena, upload->id)),
	    .type = "application/xml"};
	struct http_answer answer;

	(void)digests;
	buffer_printf(&body, "<CompleteMultipartUpload>");
	for (size_t i = 0; i < parts->count; i++) {
		const char *tag = parts->list[i].tag;

		tag += *tag == '"';
		buffer_printf(&body,
		    "<Part><PartNumber>%zu</PartNumber><ETag>\"%.*s\"</ETag></Part>", i + 1,
		    (int)strcspn(tag, "\"<&"), tag);
	}
	buffer_printf(&body, "</CompleteMultipartUpload>");
	request.body = body.text;
	/* An error may come after the status 200, in the body; storage_call() finds it there. */
	return s3_send(storage, arena, &request, "finish an upload", &answer, error);
}

static enum storage_fault s3_abort(const struct storage *storage, struct arena *arena,
    const char *object, const char *id, struct error *error)
{
	const struct s3_request request = {.method = "DELETE",
	    .object = object,
	    .query = arena_printf(arena, "uploadId=%s", url_encode(arena, id))};
	struct http_answer answer;

	return s3_send(storage, arena, &request, "abort an upload", &answer, error);
}

static enum storage_fault s3_stat(const struct storage *storage, struct arena *arena,
    const char *object, struct storage_stat *stat, struct error *error)
{
	const struct s3_request request = {.method = "HEAD", .object = object};
	struct http_answer answer;
	const char *length;
	enum storage_fault fault =
	    s3_send(storage, arena, &request, "look at an object", &answer, error);

	if (fault != STORAGE_DONE)
		return fault;
	length = http_answer_header(arena, &answer, "Content-Length");
	stat->size = length == NULL ? -1 : strtoll(length, NULL, 10);
	stat->checksum = etag_opaque(arena, &answer)
			     ? NULL
			     : etag_md5(arena, http_answer_header(arena, &answer, "ETag"));
	return STORAGE_DONE;
}

/* After an upload in parts S3 has the MD5 of the parts' MD5s; other stores have that of the file.
 */
static bool s3_same(
    struct arena *arena, const char *checksum, const struct storage_digests *digests)
{
	unsigned char md5[MD5_SIZE];
	char hex[2 * MD5_SIZE + 1];

	if (strchr(checksum, '-') == NULL) {
		hex_encode(digests->md5, MD5_SIZE, hex);
		return strcmp(checksum, hex) == 0;
	}
	storage_md5(digests->part_md5s, digests->part_count * MD5_SIZE, md5);
	hex_encode(md5, MD5_SIZE, hex);
	return strcmp(checksum, arena_printf(arena, "%s-%zu", hex, digests->part_count)) == 0;
}

static enum storage_fault s3_delete(
    const struct storage *storage, struct arena *arena, const char *object, struct error *error)
{
	const struct s3_request request = {.method = "DELETE", .object = object};
	struct http_answer answer;

	return s3_send(storage, arena, &request, "remove an object", &answer, error);
}

static enum storage_fault s3_read(const struct storage *storage, struct arena *arena,
    const char *object, http_sink *sink, void *context, struct error *error)
{
	const struct s3_request request = {
	    .method = "GET", .object = object, .sink = sink, .sink_context = context};
	struct http_answer answer;

	return s3_send(storage, arena, &request, "read an object", &answer, error);
}

static const char *s3_link(const struct storage *storage, struct arena *arena, const char *object,
    int64_t now, int64_t life)
{
	const struct storage_target *target = storage->target;
	const char *start = origin(arena, target);
	const char *scheme = strncmp(start, "http:", 5) == 0 ? "http" : "https";
	const struct storage_s3_link link = {.host = storage_host(arena, start),
	    .path = path(arena, target, object),
	    .region = target->region,
	    .access_key = storage->config->aws_access_key,
	    .secret_key = storage->config->aws_secret_key,
	    .now = now,
	    .life = life};

	return arena_printf(
	    arena, "%s://%s%s?%s", scheme, link.host, link.path, storage_s3_sign(arena, &link));
}

const struct storage_driver storage_s3 = {
    .usable = s3_usable,
    .put = s3_put,
    .begin = s3_begin,
    .parts = s3_parts,
    .tag = s3_tag,
    .part = s3_part,
    .finish = s3_finish,
    .abort = s3_abort,
    .stat = s3_stat,
    .same = s3_same,
    .delete = s3_delete,
    .read = s3_read,
    .link = s3_link,
};
