/* Looks for requests that crash the code for reading, routing or the query. Input: lines with CGI
 * variables (NAME=value), an empty line, the body. */
#include <stdlib.h>
#include <string.h>

#include "api/routes.h"
#include "base/text.h"
#include "http/request.h"
#include "http/router.h"

#define PARAMS_MAX 16

struct fake {
	const char *params[PARAMS_MAX]; /* NAME=value */
	size_t count;
	const uint8_t *body;
	size_t body_len;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *fake_param(void *context, const char *name)
{
	const struct fake *fake = context;
	size_t len = strlen(name);

	for (size_t i = 0; i < fake->count; i++) {
		if (strncmp(fake->params[i], name, len) == 0 && fake->params[i][len] == '=')
			return fake->params[i] + len + 1;
	}
	return NULL;
}

static size_t fake_read(void *context, char *bytes, size_t len)
{
	struct fake *fake = context;

	if (len > fake->body_len)
		len = fake->body_len;
	if (len > 0)
		memcpy(bytes, fake->body, len);
	fake->body += len;
	fake->body_len -= len;
	return len;
}

static void fake_fill(struct fake *fake, struct arena *arena, const uint8_t *data, size_t size)
{
	while (size > 0 && fake->count < PARAMS_MAX) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t len = end == NULL ? size : (size_t)(end - data);

		if (len > 0)
			fake->params[fake->count++] = arena_strndup(arena, (const char *)data, len);
		data += len + (end != NULL);
		size -= len + (end != NULL);
		if (len == 0)
			break;
	}
	fake->body = data;
	fake->body_len = size;
}

static void path_check(const struct request *request)
{
	if (request->path_len > PATH_SEGMENTS_MAX || request->query_len > QUERY_MAX)
		abort();
	for (size_t i = 0; i < request->path_len; i++) {
		const struct path_segment *segment = &request->path[i];

		if (segment->len == 0 || strlen(segment->text) != segment->len ||
		    !utf8_valid(segment->text, segment->len) || strcmp(segment->text, ".") == 0 ||
		    strcmp(segment->text, "..") == 0)
			abort();
	}
}

static void rest_read(struct request *request, struct error *error)
{
	const struct path_segment *parameters[PATH_SEGMENTS_MAX] = {0};
	const struct route *route;
	const char *allow = NULL;
	long limit = 1;

	if (!request_query_integer(request, "limit", 1, 100, &limit, error) || limit < 1 ||
	    limit > 100)
		return;
	if (!route_find(routes, route_count, request, &route, parameters, &allow, error)) {
		if (error->kind != ERROR_NOT_FOUND &&
		    (error->kind != ERROR_METHOD || allow == NULL))
			abort();
		return;
	}
	if (strchr(route->pattern, '{') != NULL && parameters[0] == NULL)
		abort();
	if (request_body_read(request, BODY_MAX, error) && request->body[request->body_len] != '\0')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const base_paths[] = {"", "/confab"};

	for (size_t i = 0; i < sizeof base_paths / sizeof base_paths[0]; i++) {
		struct arena *arena = arena_new();
		struct fake fake = {0};
		struct front front = {.context = &fake, .param = fake_param, .read = fake_read};
		struct request request = {0};
		struct error error = {0};

		fake_fill(&fake, arena, data, size);
		if (request_read(&request, arena, &front, base_paths[i], &error)) {
			path_check(&request);
			rest_read(&request, &error);
		} else if (error.kind != ERROR_MALFORMED && error.kind != ERROR_NOT_FOUND) {
			abort();
		}
		error_clear(&error);
		arena_free(arena);
	}
	return 0;
}
