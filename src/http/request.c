/* One HTTP request, read through its front end. */
#include "http/request.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/text.h"

enum {
	ID_MAX = 64,
	ID_OWN = 32,
};

static const struct {
	const char *name;
	enum method method;
} methods[] = {{"GET", METHOD_GET}, {"POST", METHOD_POST}, {"PUT", METHOD_PUT},
    {"PATCH", METHOD_PATCH}, {"DELETE", METHOD_DELETE}, {"OPTIONS", METHOD_OPTIONS}};

const char *method_name(enum method method)
{
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		if (methods[i].method == method)
			return methods[i].name;
	}
	return "OTHER";
}

const char *request_param(const struct request *request, const char *name)
{
	const struct front *front = request->front;
	const char *value = front->param(front->context, name);

	/* After an internal redirect Apache gives this header to a CGI program under another name.
	 * */
	if (value == NULL && strcmp(name, "HTTP_AUTHORIZATION") == 0)
		value = front->param(front->context, "REDIRECT_HTTP_AUTHORIZATION");
	return value;
}

const char *request_header(const struct request *request, const char *name)
{
	char *param = arena_printf(request->arena, "HTTP_%s", name);

	for (char *c = param; *c != '\0'; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	/* The two that CGI does not take for headers. */
	if (strcmp(param, "HTTP_CONTENT_TYPE") == 0 || strcmp(param, "HTTP_CONTENT_LENGTH") == 0)
		param += strlen("HTTP_");
	return request_param(request, param);
}

static void method_read(struct request *request)
{
	const char *name = request_param(request, "REQUEST_METHOD");

	request->method_name = name == NULL ? "" : name;
	request->method = METHOD_OTHER;
	request->head = strcmp(request->method_name, "HEAD") == 0;
	if (request->head)
		request->method = METHOD_GET;
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		if (strcmp(methods[i].name, request->method_name) == 0)
			request->method = methods[i].method;
	}
}

static void id_read(struct request *request)
{
	static const char allowed[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
	const char *id = request_param(request, "REQUEST_ID");
	size_t len = id == NULL ? 0 : strlen(id);

	if (len > 0 && len <= ID_MAX && strspn(id, allowed) == len) {
		request->id = id;
	} else {
		char *own = arena_alloc(request->arena, ID_OWN + 1);

		random_id(own, ID_OWN);
		request->id = own;
		request->id_is_ours = true;
	}
}

/* Skips scheme and host when the request line has them. */
static const char *origin_skip(const char *uri)
{
	const char *host = NULL;

	if (strncasecmp(uri, "http://", 7) == 0)
		host = uri + 7;
	else if (strncasecmp(uri, "https://", 8) == 0)
		host = uri + 8;
	return host == NULL ? uri : host + strcspn(host, "/?#");
}

static bool segment_read(
    struct request *request, const char *text, size_t len, size_t index, struct error *error)
{
	char *decoded = arena_strndup(request->arena, text, len);

	if (!percent_decode(decoded, &len, false))
		return error_set(
		    error, ERROR_MALFORMED, "The path has an invalid escape or is not UTF-8.");
	if (strcmp(decoded, ".") == 0 || strcmp(decoded, "..") == 0)
		return error_set(error, ERROR_MALFORMED, "The path has a dot segment.");
	if (index < PATH_SEGMENTS_MAX)
		request->path[index] = (struct path_segment){.text = decoded, .len = len};
	return true;
}

/* Reads all segments, also more than any route has: a segment that cannot be read is reported
 * first. */
static bool path_read(
    struct request *request, const char *path, const char *end, struct error *error)
{
	size_t count = 0;

	while (path < end) {
		const char *slash = memchr(path, '/', (size_t)(end - path));
		size_t len = slash == NULL ? (size_t)(end - path) : (size_t)(slash - path);

		if (len > 0 && !segment_read(request, path, len, count++, error))
			return false;
		path += len + (slash != NULL);
	}
	if (count > PATH_SEGMENTS_MAX)
		return error_set(error, ERROR_NOT_FOUND, "There is nothing at this path.");
	request->path_len = count;
	return true;
}

/* Removes the segments of `base_path` from the front. It compares segments, so repeated slashes do
 * not matter. */
static bool base_path_cut(struct request *request, const char *base_path, struct error *error)
{
	size_t count = 0;

	for (;;) {
		size_t len;

		base_path += strspn(base_path, "/");
		len = strcspn(base_path, "/");
		if (len == 0)
			break;
		if (count == request->path_len || request->path[count].len != len ||
		    memcmp(request->path[count].text, base_path, len) != 0)
			return error_set(error, ERROR_NOT_FOUND, "There is nothing at this path.");
		base_path += len;
		count++;
	}
	request->path_len -= count;
	memmove(request->path, request->path + count, request->path_len * sizeof *request->path);
	return true;
}

static bool parameter_read(
    struct request *request, const char *text, size_t len, struct error *error)
{
	const char *equals = memchr(text, '=', len);
	size_t name_len = equals == NULL ? len : (size_t)(equals - text);
	size_t value_len = equals == NULL ? 0 : len - name_len - 1;
	char *name = arena_strndup(request->arena, text, name_len);
	char *value = arena_strndup(request->arena, text + len - value_len, value_len);

	if (!percent_decode(name, &name_len, true) || !percent_decode(value, &value_len, true))
		return error_set(
		    error, ERROR_MALFORMED, "The query has an invalid escape or is not UTF-8.");
	if (request->query_len == QUERY_MAX)
		return error_set(error, ERROR_MALFORMED, "The query has too many parameters.");
	request->query[request->query_len++] = (struct parameter){.name = name, .value = value};
	return true;
}

static bool query_read(struct request *request, const char *query, struct error *error)
{
	size_t left = strcspn(query, "#");

	while (left > 0) {
		const char *amp = memchr(query, '&', left);
		size_t len = amp == NULL ? left : (size_t)(amp - query);

		if (len > 0 && !parameter_read(request, query, len, error))
			return false;
		len += amp != NULL;
		query += len;
		left -= len;
	}
	return true;
}

bool request_read(struct request *request, struct arena *arena, const struct front *front,
    const char *base_path, struct error *error)
{
	const char *local, *path, *end;

	request->arena = arena;
	request->front = front;
	method_read(request);
	id_read(request);
	local = request_param(request, "CONFAB_LOCAL");
	request->local = local != NULL && strcmp(local, "1") == 0;
	path = request_param(request, "REQUEST_URI");
	if (path == NULL)
		return error_set(error, ERROR_MALFORMED, "The request has no path.");
	if (strlen(path) > PATH_MAX_LENGTH)
		return error_set(error, ERROR_MALFORMED, "The path is too long.");
	path = origin_skip(path);
	end = path + strcspn(path, "?#");
	if (path != end && *path != '/')
		return error_set(error, ERROR_MALFORMED, "The path must start with a slash.");
	return path_read(request, path, end, error) &&
	       (*end != '?' || query_read(request, end + 1, error)) &&
	       base_path_cut(request, base_path, error);
}

static bool length_read(const struct request *request, size_t *len, struct error *error)
{
	const char *text = request_param(request, "CONTENT_LENGTH");
	unsigned long long number;
	char *end;

	*len = 0;
	if (text == NULL || *text == '\0')
		return true;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno != 0 || *text < '0' || *text > '9' || *end != '\0')
		return error_set(error, ERROR_MALFORMED, "Content-Length is no number.");
	*len = (size_t)number;
	return true;
}

/* The service does not decompress bodies. */
static bool encoding_check(const struct request *request, struct error *error)
{
	const char *encoding = request_param(request, "HTTP_CONTENT_ENCODING");

	if (encoding == NULL || *encoding == '\0' || strcasecmp(encoding, "identity") == 0)
		return true;
	return error_set(error, ERROR_MEDIA_TYPE,
	    "The body must not be compressed (Content-Encoding: identity only).");
}

bool request_body_read(struct request *request, size_t max, struct error *error)
{
	const struct front *front = request->front;
	size_t len, have = 0;
	char *body;

	if (!length_read(request, &len, error))
		return false;
	if (len > max)
		return error_set(error, ERROR_TOO_LARGE, "The body is larger than %zu bytes.", max);
	if (len > 0 && !encoding_check(request, error))
		return false;
	body = arena_alloc(request->arena, len + 1);
	while (have < len) {
		size_t got = front->read(front->context, body + have, len - have);

		if (got == 0)
			return error_set(error, ERROR_MALFORMED,
			    "The body is shorter than Content-Length says.");
		have += got;
	}
	request->body = body;
	request->body_len = len;
	return true;
}

bool request_query(
    const struct request *request, const char *name, const char **value, struct error *error)
{
	unsigned count = 0;

	for (size_t i = 0; i < request->query_len; i++) {
		if (strcmp(request->query[i].name, name) == 0) {
			*value = request->query[i].value;
			count++;
		}
	}
	if (count > 1)
		return error_set(error, ERROR_MALFORMED, "The query has %s more than once.", name);
	return true;
}

bool request_query_integer(const struct request *request, const char *name, long minimum,
    long maximum, long *value, struct error *error)
{
	const char *text = NULL;
	char *end;
	long number;

	if (!request_query(request, name, &text, error))
		return false;
	if (text == NULL)
		return true;
	errno = 0;
	number = strtol(text, &end, 10);
	if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' || number < minimum ||
	    number > maximum)
		return error_set(error, ERROR_MALFORMED,
		    "The query's %s must be a whole number from %ld to %ld.", name, minimum,
		    maximum);
	*value = number;
	return true;
}

/* Reads "1795348800000", with or without a minus sign. */
static bool milliseconds_parse(const char *text, int64_t *time)
{
	const char *digits = text + (*text == '-');
	long long number;
	char *end;

	if (*digits < '0' || *digits > '9')
		return false;
	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || number < TIME_MIN / MILLISECOND ||
	    number > TIME_MAX / MILLISECOND)
		return false;
	*time = number * MILLISECOND;
	return true;
}

bool request_query_time(
    const struct request *request, const char *name, int64_t *value, struct error *error)
{
	const char *text = NULL;
	int64_t time;

	if (!request_query(request, name, &text, error))
		return false;
	if (text == NULL || milliseconds_parse(text, value))
		return true;
	if (!date_parse(text, strlen(text), &time))
		return error_set(error, ERROR_MALFORMED,
		    "The query's %s must be an RFC 3339 date (its + written as %%2B) or a whole"
		    " number of milliseconds since 1970.",
		    name);
	*value = time - time % MILLISECOND;
	return true;
}
