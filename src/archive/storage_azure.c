/* Requests to Azure Blob Storage, with the account's key ("Shared Key" in its documentation). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "archive/storage_driver.h"
#include "archive/storage_xml.h"
#include "base/buffer.h"
#include "base/clock.h"

enum {
	BLOCK_XML = 96, /* bytes of a block in the list that makes a blob */
	HEADERS_MAX = 10,
	QUERY_MAX = 2,
};

static bool azure_usable(const struct config *config, struct error *error)
{
	return *config->azure_account_key != '\0' ||
	       error_set(error, ERROR_UNAVAILABLE,
		   "The setting AZURE_ACCOUNT_KEY is missing; this storage needs it.");
}

/* A name and its value, not encoded. */
struct pair {
	const char *name, *value;
};

/* One request. The names in `query` and `headers` (those with x-ms-) are in the order of the
 * alphabet, as the signature has them; a NULL name ends each. */
struct azure_request {
	const char *method, *object;
	struct pair query[QUERY_MAX + 1];
	struct pair headers[3];
	const char *md5, *type;            /* Content-MD5, Content-Type; NULL: none */
	const struct storage_piece *piece; /* the body; NULL: `body` */
	const char *body;                  /* NULL: none */
	http_sink *sink;
	void *sink_context;
	size_t answer_max; /* 0: an answer is short */
};

/* Microsoft's host has the account in its name. Another host, such as an emulator, has it in the
 * path. */
static const char *origin(struct arena *arena, const struct storage_target *target)
{
	return target->domain != NULL
		   ? target->domain
		   : arena_printf(arena, "https://%s.blob.core.windows.net", target->account);
}

static const char *path(
    struct arena *arena, const struct storage_target *target, const char *object)
{
	if (target->domain != NULL)
		return arena_printf(arena, "/%s/%s/%s", target->account, target->container, object);
	return arena_printf(arena, "/%s/%s", target->container, object);
}

static const char *url_make(
    struct arena *arena, const struct storage_target *target, const struct azure_request *request)
{
	const char *url = arena_printf(
	    arena, "%s%s", origin(arena, target), path(arena, target, request->object));

	for (size_t i = 0; request->query[i].name != NULL; i++)
		url = arena_printf(arena, "%s%s%s=%s", url, i == 0 ? "?" : "&",
		    request->query[i].name, url_encode(arena, request->query[i].value));
	return url;
}

static const char *date_text(struct arena *arena)
{
	char text[64];
	time_t now = (time_t)(clock_now() / SECOND);
	struct tm tm;

	/* No function calls setlocale(), so the names are English. */
	gmtime_r(&now, &tm);
	strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	return arena_strdup(arena, text);
}

static int64_t body_length(const struct azure_request *request)
{
	if (request->piece != NULL)
		return request->piece->file.len;
	return request->body == NULL ? 0 : (int64_t)strlen(request->body);
}

/* The text to sign ("Authorize with Shared Key"): method, eleven standard headers, the headers
 * x-ms-…, the resource and the query. A length of 0 is "". */
static const char *string_to_sign(struct arena *arena, const struct storage_target *target,
    const struct azure_request *request, const char *date)
{
	struct buffer text = buffer_new(arena, 512);
	int64_t length = body_length(request);

	buffer_printf(&text, "%s\n\n\n%s\n%s\n%s\n\n\n\n\n\n\n", request->method,
	    length == 0 ? "" : arena_printf(arena, "%" PRId64, length),
	    request->md5 == NULL ? "" : request->md5, request->type == NULL ? "" : request->type);
	for (size_t i = 0; request->headers[i].name != NULL; i++)
		buffer_printf(
		    &text, "%s:%s\n", request->headers[i].name, request->headers[i].value);
	buffer_printf(&text, "x-ms-date:%s\nx-ms-version:" AZURE_VERSION "\n/%s%s", date,
	    target->account, path(arena, target, request->object));
	for (size_t i = 0; request->query[i].name != NULL; i++)
		buffer_printf(&text, "\n%s:%s", request->query[i].name, request->query[i].value);
	return text.text;
}

static void headers_make(struct arena *arena, const struct azure_request *request,
    const char *headers[static HEADERS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; request->headers[i].name != NULL; i++)
		headers[count++] = arena_printf(
		    arena, "%s: %s", request->headers[i].name, request->headers[i].value);
	headers[count++] = "x-ms-version: " AZURE_VERSION;
	if (request->md5 != NULL)
		headers[count++] = arena_printf(arena, "Content-MD5: %s", request->md5);
	if (request->type != NULL)
		headers[count++] = arena_printf(arena, "Content-Type: %s", request->type);
	headers[count] = NULL;
}

static enum storage_fault azure_send(const struct storage *storage, struct arena *arena,
    const struct azure_request *request, const char *what, struct http_answer *answer,
    struct error *error)
{
	const struct storage_target *target = storage->target;
	const char *account_key = storage->config->azure_account_key;
	const char *date = date_text(arena);
	const char *text = string_to_sign(arena, target, request, date);
	unsigned char digest[SHA256_SIZE];
	size_t key_len, count = 0;
	unsigned char *key = base64_decode(arena, account_key, strlen(account_key), &key_len);
	const char *headers[HEADERS_MAX] = {0};
	struct http_call call = {.method = request->method,
	    .url = url_make(arena, target, request),
	    .headers = headers,
	    .body = request->body,
	    .body_len = request->body == NULL ? 0 : strlen(request->body),
	    .sink = request->sink,
	    .sink_context = request->sink_context,
	    .answer_max = request->answer_max};

	if (key == NULL) {
		error_set(error, ERROR_UNAVAILABLE, "The setting AZURE_ACCOUNT_KEY is not base64.");
		return STORAGE_SETTINGS;
	}
	headers_make(arena, request, headers);
	while (headers[count] != NULL)
		count++;
	hmac_sha256(key, key_len, text, strlen(text), digest);
	headers[count++] = arena_printf(arena, "Authorization: SharedKey %s:%s", target->account,
	    base64_encode(arena, digest, sizeof digest));
	headers[count] = arena_printf(arena, "x-ms-date: %s", date);
	if (request->piece != NULL)
		storage_piece_send(&call, request->piece);
	return storage_call(storage, arena, &call, what, answer, error);
}

static const char *md5_text(struct arena *arena, const unsigned char md5[static MD5_SIZE])
{
	return base64_encode(arena, md5, MD5_SIZE);
}

/* Azure compares Content-MD5 with the body, and keeps it. */
static enum storage_fault azure_put(const struct storage *storage, struct arena *arena,
    const struct storage_upload *upload, const struct storage_piece *piece, struct error *error)
{
	const struct azure_request request = {.method = "PUT",
	    .object = upload->object,
	    .headers = {{"x-ms-blob-type", "BlockBlob"}},
	    .md5 = md5_text(arena, piece->md5),
	    .type = upload->type,
	    .piece = piece};
	struct http_answer answer;

	return azure_send(storage, arena, &request, "write an object", &answer, error);
}

/* Azure knows the blocks by the blob's name alone. */
static enum storage_fault azure_begin(const struct storage *storage, struct arena *arena,
    const struct storage_upload *upload, const char **id, struct error *error)
{
	(void)storage;
	(void)arena;
	(void)upload;
	(void)error;
	*id = "blocks";
	return STORAGE_DONE;
}

/* The block's id has the part's number and MD5: so a block of this id has this content. All ids of
 * a blob must have the same length. */
static const char *azure_tag(struct arena *arena, const struct storage_piece *piece)
{
	char hex[2 * MD5_SIZE + 1];
	const char *id;

	hex_encode(piece->md5, MD5_SIZE, hex);
	id = arena_printf(arena, "%06u-%s", piece->number, hex);
	return base64_encode(arena, id, strlen(id));
}

static void block_keep(
    struct arena *arena, const struct storage_parts *parts, const struct xml_item *item)
{
	const char *tag = item->fields[0];
	size_t len, place;
	unsigned char *id = tag == NULL ? NULL : base64_decode(arena, tag, strlen(tag), &len);

	place = id == NULL ? 0 : strtoul((const char *)id, NULL, 10);
	if (place < 1 || place > parts->count || item->fields[1] == NULL)
		return;
	parts->list[place - 1] =
	    (struct storage_part){.tag = tag, .size = strtoll(item->fields[1], NULL, 10)};
}

/* Of two blocks with the same number, one has other content: it is sent again. */
static enum storage_fault azure_parts(const struct storage *storage, struct arena *arena,
    const struct storage_upload *upload, const struct storage_parts *parts, struct error *error)
{
	static const char *const names[] = {"Name", "Size", NULL};
	const struct azure_request request = {.method = "GET",
	    .object = upload->object,
	    .query = {{"blocklisttype", "uncommitted"}, {"comp", "blocklist"}},
	    .answer_max = STORAGE_LIST_MAX};
	struct http_answer answer;
	struct xml_items items;
	enum storage_fault fault =
	    azure_send(storage, arena, &request, "list the parts of an upload", &answer, error);

	if (fault != STORAGE_DONE)
		return fault == STORAGE_ABSENT ? STORAGE_NO_UPLOAD : fault;
	if (!xml_items_read(arena, answer.body, answer.body_len, "Block", names, &items)) {
		error_set(error, ERROR_PROVIDER,
		    "The storage's list of an upload's parts cannot be read.");
		return STORAGE_BUSY;
	}
	for (size_t i = 0; i < items.count; i++)
		block_keep(arena, parts, &items.list[i]);
	return items.count == 0 ? STORAGE_NO_UPLOAD : STORAGE_DONE;
}

static enum storage_fault azure_part(const struct storage *storage, struct arena *arena,
    const struct storage_upload *upload, const struct storage_piece *piece, const char **tag,
    struct error *error)
{
	const struct azure_request request = {.method = "PUT",
	    .object = upload->object,
	    .query = {{"blockid", azure_tag(arena, piece)}, {"comp", "block"}},
	    .md5 = md5_text(arena, piece->md5),
	    .type = "application/octet-stream",
	    .piece = piece};
	struct http_answer answer;

	*tag = request.query[0].value;
	return azure_send(storage, arena, &request, "write a part", &answer, error);
}

static enum storage_fault list_put(const struct storage *storage, struct arena *arena,
    const char *object, const struct pair *headers, const char *body, struct error *error)
{
	struct azure_request request = {.method = "PUT",
	    .object = object,
	    .query = {{"comp", "blocklist"}},
	    .type = "application/xml",
	    .body = body};
	struct http_answer answer;

	for (size_t i = 0; headers != NULL && headers[i].name != NULL; i++)
		request.headers[i] = headers[i];
	return azure_send(storage, arena, &request, "finish an upload", &answer, error);
}

static enum storage_fault azure_finish(const struct storage *storage, struct arena *arena,
    const struct storage_upload *upload, const struct storage_parts *parts,
    const struct storage_digests *digests, struct error *error)
{
	const struct pair headers[] = {{"x-ms-blob-content-md5", md5_text(arena, digests->md5)},
	    {"x-ms-blob-content-type", upload->type}, {NULL, NULL}};
	struct buffer body = buffer_new(arena, (parts->count + 2) * BLOCK_XML);

	buffer_printf(&body, "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
	for (size_t i = 0; i < parts->count; i++)
		buffer_printf(&body, "<Latest>%s</Latest>", parts->list[i].tag);
	buffer_printf(&body, "</BlockList>");
	return list_put(storage, arena, upload->object, headers, body.text, error);
}

/* An empty list forgets the blocks, and makes an empty blob, which the caller removes. */
static enum storage_fault azure_abort(const struct storage *storage, struct arena *arena,
    const char *object, const char *id, struct error *error)
{
	(void)id;
	return list_put(storage, arena, object, NULL, "<BlockList></BlockList>", error);
}

static enum storage_fault azure_stat(const struct storage *storage, struct arena *arena,
    const char *object, struct storage_stat *stat, struct error *error)
{
	const struct azure_request request = {.method = "HEAD", .object = object};
	struct http_answer answer;
	const char *length;
	enum storage_fault fault =
	    azure_send(storage, arena, &request, "look at an object", &answer, error);

	if (fault != STORAGE_DONE)
		return fault;
	length = http_answer_header(arena, &answer, "Content-Length");
	stat->size = length == NULL ? -1 : strtoll(length, NULL, 10);
	stat->checksum = http_answer_header(arena, &answer, "Content-MD5");
	return STORAGE_DONE;
}

static bool azure_same(
    struct arena *arena, const char *checksum, const struct storage_digests *digests)
{
	return strcmp(checksum, md5_text(arena, digests->md5)) == 0;
}

static enum storage_fault azure_delete(
    const struct storage *storage, struct arena *arena, const char *object, struct error *error)
{
	const struct azure_request request = {.method = "DELETE", .object = object};
	struct http_answer answer;

	return azure_send(storage, arena, &request, "remove an object", &answer, error);
}

static enum storage_fault azure_read(const struct storage *storage, struct arena *arena,
    const char *object, http_sink *sink, void *context, struct error *error)
{
	const struct azure_request request = {
	    .method = "GET", .object = object, .sink = sink, .sink_context = context};
	struct http_answer answer;

	return azure_send(storage, arena, &request, "read an object", &answer, error);
}

static const char *azure_link(const struct storage *storage, struct arena *arena,
    const char *object, int64_t now, int64_t life)
{
	const struct storage_target *target = storage->target;
	const char *start = origin(arena, target);
	const char *query =
	    storage_azure_sign(arena, &(struct storage_azure_link){.account = target->account,
					  .key = storage->config->azure_account_key,
					  .container = target->container,
					  .object = object,
					  .now = now,
					  .life = life,
					  .http = strncmp(start, "http:", 5) == 0});

	return query == NULL
		   ? NULL
		   : arena_printf(arena, "%s%s?%s", start, path(arena, target, object), query);
}

const struct storage_driver storage_azure = {
    .usable = azure_usable,
    .put = azure_put,
    .begin = azure_begin,
    .parts = azure_parts,
    .tag = azure_tag,
    .part = azure_part,
    .finish = azure_finish,
    .abort = azure_abort,
    .stat = azure_stat,
    .same = azure_same,
    .delete = azure_delete,
    .read = azure_read,
    .link = azure_link,
};
