/* Looks for storage targets and answers of stores that crash the storage code. Input: a line with
 * the body of PUT /archives/storage-target; a line with the HTTP status; the answer of the store.
 * The whole input is also read as a kept target, and as a list of parts. */
#include <stdlib.h>
#include <string.h>

#include "api/storage_target.h"
#include "archive/storage.h"
#include "archive/storage_xml.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
bool __wrap_http_call(struct http_client *client, struct arena *arena, const struct http_call *call,
    struct http_answer *answer, struct error *error);

static const uint8_t *rest;
static size_t rest_len;

/* Removes a line from the input. Its text lies in the arena. */
static const char *line_take(struct arena *arena, size_t *len)
{
	const uint8_t *end = rest_len == 0 ? NULL : memchr(rest, '\n', rest_len);
	const uint8_t *line = rest;

	*len = end == NULL ? rest_len : (size_t)(end - rest);
	rest += *len + (end != NULL);
	rest_len -= *len + (end != NULL);
	return arena_strndup(arena, (const char *)line, *len);
}

/* Replaces http_call(): the linker's option --wrap sends all calls here. */
bool __wrap_http_call(struct http_client *client, struct arena *arena, const struct http_call *call,
    struct http_answer *answer, struct error *error)
{
	size_t len;

	(void)client;
	(void)call;
	if (rest_len == 0)
		return error_set(error, ERROR_UNAVAILABLE, "no answer");
	*answer = (struct http_answer){.status = atol(line_take(arena, &len))};
	answer->body = arena_strndup(arena, (const char *)rest, rest_len);
	answer->body_len = rest_len;
	return true;
}

static void target_use(struct arena *arena, struct json_object *object, const struct config *config)
{
	struct storage_target target;
	struct error error = {0};
	struct body body = body_open(object, arena, &error);

	storage_target_read(&body, config->storage_allow_http, &target);
	if (!body_close(&body)) {
		if (error.kind != ERROR_INVALID && error.kind != ERROR_MALFORMED)
			abort();
	} else {
		storage_target_text(arena, &target);
		if (!storage_try(NULL, arena, config, &target, &error) &&
		    error.kind != ERROR_MALFORMED && error.kind != ERROR_UNAVAILABLE)
			abort();
	}
	error_clear(&error);
}

static void text_read(struct arena *arena, const uint8_t *data, size_t size)
{
	static const char *const names[] = {"PartNumber", "ETag", "Size", NULL};
	const char *text = arena_strndup(arena, (const char *)data, size);
	struct storage_target target;
	struct xml_items items;
	struct error error = {0};

	storage_target_parse(arena, text, &target, &error);
	error_clear(&error);
	xml_items_read(arena, text, size, "Part", names, &items);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct config config = {.storage_hosts = "",
	    .aws_access_key = "key",
	    .aws_secret_key = "secret",
	    .azure_account_key = "c2VjcmV0",
	    .storage_allow_http = true};
	struct arena *arena = arena_new();
	struct json_object *body;
	struct error error = {0};
	const char *line;
	size_t len;

	text_read(arena, data, size);
	rest = data;
	rest_len = size;
	line = line_take(arena, &len);
	if (json_parse(arena, line, len, &body, &error) &&
	    json_object_is_type(body, json_type_object))
		target_use(arena, body, &config);
	error_clear(&error);
	arena_free(arena);
	return 0;
}
