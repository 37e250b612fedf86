/* The storage of recordings outside of this host: targets, calls, and all but uploads. */
#include "archive/storage.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "archive/storage_driver.h"
#include "archive/storage_xml.h"
#include "base/clock.h"
#include "base/json.h"

enum {
	ANSWER_MAX = 64 * 1024, /* bytes */
	ERROR_CODE_MAX = 60,
};

#define TRY_TIMEOUT (10 * SECOND) /* a request of a client waits for it */

const struct storage_driver *storage_driver(const struct storage_target *target)
{
	return target->kind == STORAGE_S3 ? &storage_s3 : &storage_azure;
}

bool storage_usable(
    const struct config *config, const struct storage_target *target, struct error *error)
{
	return storage_driver(target)->usable(config, error);
}

const char *storage_target_text(struct arena *arena, const struct storage_target *target)
{
	struct json_object *object = json_object_new_object();

	if (target->kind == STORAGE_S3) {
		json_add_text(object, "name", "AWSS3");
		json_add_text(object, "bucket", target->bucket);
		json_add_text(object, "region", target->region);
		json_add_text(object, "endpoint", target->endpoint);
	} else {
		json_add_text(object, "name", "AZURE");
		json_add_text(object, "accountName", target->account);
		json_add_text(object, "container", target->container);
		json_add_text(object, "domain", target->domain);
	}
	json_add_text(object, "fallback", target->fallback);
	return json_text_take(arena, object);
}

bool storage_target_parse(
    struct arena *arena, const char *text, struct storage_target *target, struct error *error)
{
	struct json_object *object = NULL;
	const char *name;

	*target = (struct storage_target){.fallback = NULL};
	if (!json_parse(arena, text, strlen(text), &object, error))
		return false;
	name = json_text_member(object, "name");
	target->kind = name == NULL ? 0 : strcmp(name, "AWSS3") == 0 ? STORAGE_S3 : STORAGE_AZURE;
	target->bucket = json_text_member(object, "bucket");
	target->region = json_text_member(object, "region");
	target->endpoint = json_text_member(object, "endpoint");
	target->account = json_text_member(object, "accountName");
	target->container = json_text_member(object, "container");
	target->domain = json_text_member(object, "domain");
	target->fallback = json_text_member(object, "fallback");
	if (target->kind == STORAGE_S3 ? target->bucket != NULL && target->region != NULL
				       : target->account != NULL && target->container != NULL)
		return true;
	return error_set(
	    error, ERROR_INTERNAL, "the archive's storage target is not one that can be read");
}

/* The host in a URL: its length, and where it starts. */
static size_t host_find(const char *url, const char **host)
{
	const char *scheme_end = strstr(url, "://");

	*host = scheme_end == NULL ? url : scheme_end + 3;
	return **host == '[' ? strcspn(*host, "]") + 1 : strcspn(*host, ":/");
}

const char *storage_host(struct arena *arena, const char *url)
{
	const char *host, *own_port = strncmp(url, "https:", 6) == 0 ? ":443" : ":80";
	size_t len = host_find(url, &host);
	size_t port_len = strcspn(host + len, "/");

	if (port_len == strlen(own_port) && strncmp(host + len, own_port, port_len) == 0)
		port_len = 0;
	return arena_strndup(arena, host, len + port_len);
}

/* Does STORAGE_HOSTS list the host of this URL? */
static bool host_listed(const struct config *config, const char *url)
{
	const char *list = config->storage_hosts;
	const char *host;
	size_t len = host_find(url, &host);

	while (*list != '\0') {
		size_t word = strcspn(list, " ,");

		if (word == len && strncasecmp(list, host, len) == 0)
			return true;
		list += word;
		list += strspn(list, " ,");
	}
	return false;
}

/* The error code of the store: from the answer's XML or, for HEAD, from a header. Only letters and
 * digits: it is shown to people. */
static const char *error_code_find(struct arena *arena, const struct http_answer *answer)
{
	const char *code = xml_text(arena, answer->body, answer->body_len, "Error", "Code");
	size_t len;

	if (code == NULL)
		code = http_answer_header(arena, answer, "x-ms-error-code");
	if (code == NULL)
		return "";
	len = strlen(code);
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)code[i]))
			return "";
	}
	return len < ERROR_CODE_MAX ? code : "";
}

static enum storage_fault failure_fault(enum http_failure failure)
{
	switch (failure) {
	case HTTP_STALLED:
		return STORAGE_SLOW;
	case HTTP_STOPPED:
		return STORAGE_STOPPED;
	case HTTP_FILE:
		return STORAGE_FILE;
	default:
		return STORAGE_GONE;
	}
}

enum storage_fault storage_call(const struct storage *storage, struct arena *arena,
    struct http_call *call, const char *what, struct http_answer *answer, struct error *error)
{
	struct error failure = {0};
	enum storage_fault fault;
	const char *code;

	*answer = (struct http_answer){0};
	call->timeout = storage->timeout;
	call->stall = storage->config->storage_stall;
	if (call->answer_max == 0)
		call->answer_max = ANSWER_MAX;
	call->public_only = !host_listed(storage->config, call->url);
	call->keep = storage->keep;
	call->keep_context = storage->context;
	if (!http_call(storage->client, arena, call, answer, &failure)) {
		fault = failure_fault(answer->failure);
		error_set(error, ERROR_UNAVAILABLE, "The storage cannot be reached to %s: %.200s.",
		    what, failure.message);
		error_clear(&failure);
		return fault;
	}
	code = error_code_find(arena, answer);
	fault = storage_fault_of(answer->status, code);
	if (fault != STORAGE_DONE)
		error_set(error, ERROR_PROVIDER, "The storage refused to %s: HTTP status %ld%s%s.",
		    what, answer->status, *code == '\0' ? "" : ", ", code);
	return fault;
}

void storage_md5(const void *data, size_t len, unsigned char digest[static MD5_SIZE])
{
	if (EVP_Digest(data, len, digest, NULL, EVP_md5(), NULL) != 1)
		abort();
}

void storage_piece_send(struct http_call *call, const struct storage_piece *piece)
{
	if (piece->body == NULL) {
		call->upload = &piece->file;
	} else {
		call->body = piece->body;
		call->body_len = (size_t)piece->file.len;
	}
}

static enum storage_fault test_object_put(
    const struct storage *storage, struct arena *arena, const char *object, struct error *error)
{
	static const char content[] = "Confab has tried whether it can write here.\n";
	const size_t len = sizeof content - 1;
	const struct storage_upload upload = {
	    .size = (int64_t)len, .object = object, .type = "application/octet-stream"};
	struct storage_piece piece = {.file = {.len = (int64_t)len}, .body = content};

	sha256(content, len, piece.sha256);
	storage_md5(content, len, piece.md5);
	return storage_driver(storage->target)->put(storage, arena, &upload, &piece, error);
}

bool storage_try(struct http_client *client, struct arena *arena, const struct config *config,
    const struct storage_target *target, struct error *error)
{
	const struct storage storage = {
	    .client = client, .config = config, .target = target, .timeout = TRY_TIMEOUT};
	struct error failure = {0};
	enum storage_fault fault;
	const char *object;
	char suffix[17];

	random_id(suffix, sizeof suffix - 1);
	object = arena_printf(arena, "confab-test-%s.txt", suffix);
	fault = test_object_put(&storage, arena, object, &failure);
	if (fault == STORAGE_DONE)
		fault = storage_driver(target)->delete (&storage, arena, object, &failure);
	if (fault != STORAGE_DONE)
		error_set(error, ERROR_MALFORMED, "%.380s", failure.message);
	error_clear(&failure);
	return fault == STORAGE_DONE;
}

enum storage_fault storage_delete(const struct storage *storage, struct arena *arena,
    const char *object, const char *id, struct error *error)
{
	const struct storage_driver *driver = storage_driver(storage->target);
	enum storage_fault fault = STORAGE_DONE;

	if (id != NULL)
		fault = driver->abort(storage, arena, object, id, error);
	if (fault == STORAGE_DONE || fault == STORAGE_NO_UPLOAD || fault == STORAGE_ABSENT)
		fault = driver->delete (storage, arena, object, error);
	return fault == STORAGE_ABSENT ? STORAGE_DONE : fault;
}

struct reading {
	EVP_MD_CTX *context;
	int64_t size;
};

static bool bytes_digest(void *context, const void *bytes, size_t len)
{
	struct reading *reading = context;

	reading->size += (int64_t)len;
	return EVP_DigestUpdate(reading->context, bytes, len) == 1;
}

enum storage_fault storage_read(const struct storage *storage, struct arena *arena,
    const char *object, int64_t *size, char sha256[static 2 * SHA256_SIZE + 1], struct error *error)
{
	struct reading reading = {.context = EVP_MD_CTX_new()};
	unsigned char digest[SHA256_SIZE];
	enum storage_fault fault;

	if (reading.context == NULL || EVP_DigestInit_ex(reading.context, EVP_sha256(), NULL) != 1)
		abort();
	fault = storage_driver(storage->target)
		    ->read(storage, arena, object, bytes_digest, &reading, error);
	if (EVP_DigestFinal_ex(reading.context, digest, NULL) != 1)
		abort();
	EVP_MD_CTX_free(reading.context);
	*size = reading.size;
	hex_encode(digest, sizeof digest, sha256);
	return fault;
}

const char *storage_link(const struct storage *storage, struct arena *arena, const char *object,
    int64_t now, int64_t life)
{
	return storage_driver(storage->target)->link(storage, arena, object, now, life);
}
