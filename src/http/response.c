/* One HTTP answer. Only this file knows the HTTP status of an error. */
#include "http/response.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"

/* The status and the name of each kind of error. confab(7), ERRORS, has the same list. */
static const struct {
	enum error_kind kind;
	int status;
	const char *name;
} errors[] = {
    {ERROR_MALFORMED, 400, "BadRequestError"},
    {ERROR_UNAUTHENTICATED, 401, "UnauthorizedError"},
    {ERROR_FORBIDDEN, 403, "ForbiddenError"},
    {ERROR_NOT_FOUND, 404, "NotFoundError"},
    {ERROR_METHOD, 405, "MethodNotAllowedError"},
    {ERROR_NOT_ACCEPTABLE, 406, "NotAcceptableError"},
    {ERROR_CONFLICT, 409, "ConflictError"},
    {ERROR_TOO_LARGE, 413, "PayloadTooLargeError"},
    {ERROR_MEDIA_TYPE, 415, "UnsupportedMediaTypeError"},
    {ERROR_RANGE, 416, "RangeNotSatisfiableError"},
    {ERROR_INVALID, 422, "UnprocessableEntityError"},
    {ERROR_TOO_MANY, 429, "TooManyRequestsError"},
    {ERROR_INTERNAL, 500, "InternalServerError"},
    {ERROR_PROVIDER, 502, "BadGatewayError"},
    {ERROR_UNAVAILABLE, 503, "ServiceUnavailableError"},
};

static size_t error_row(enum error_kind kind)
{
	const size_t internal = 11;

	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		if (errors[i].kind == kind)
			return i;
	}
	return internal;
}

int error_status(enum error_kind kind)
{
	return errors[error_row(kind)].status;
}

static const char *reason_phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} phrases[] = {{200, "OK"}, {204, "No Content"}, {206, "Partial Content"}, {302, "Found"},
	    {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"},
	    {405, "Method Not Allowed"}, {406, "Not Acceptable"}, {409, "Conflict"},
	    {413, "Content Too Large"}, {415, "Unsupported Media Type"},
	    {416, "Range Not Satisfiable"}, {422, "Unprocessable Content"},
	    {429, "Too Many Requests"}, {500, "Internal Server Error"}, {502, "Bad Gateway"},
	    {503, "Service Unavailable"}};

	for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
		if (phrases[i].status == status)
			return phrases[i].phrase;
	}
	return "Unknown";
}

void response_header(struct response *response, const char *name, const char *value)
{
	if (response->header_count == RESPONSE_HEADERS_MAX)
		return;
	response->headers[response->header_count][0] = name;
	response->headers[response->header_count][1] = value;
	response->header_count++;
}

static const char media_type_json[] = "application/json; charset=utf-8";

static void body_set(
    struct response *response, int status, const char *content_type, const char *body)
{
	response->status = status;
	response->content_type = content_type;
	response->body = body;
	response->body_len = strlen(body);
}

void response_written(struct response *response, const struct json_writer *writer)
{
	body_set(response, 200, media_type_json, writer->buffer.text);
}

void response_json(struct response *response, struct json_object *value)
{
	body_set(response, 200, media_type_json, arena_strdup(response->arena, json_text(value)));
}

void response_text(struct response *response, const char *text)
{
	body_set(response, 200, "text/plain; charset=utf-8", arena_strdup(response->arena, text));
}

void response_body(struct response *response, const char *content_type, const char *text)
{
	body_set(response, 200, content_type, text);
}

void response_empty(struct response *response)
{
	response->status = 204;
	response->content_type = NULL;
	response->body = NULL;
	response->body_len = 0;
}

static void authenticate_header(struct response *response, const struct error *error)
{
	const char *challenge = "Bearer";

	/* RFC 6750, section 3.1: a request without credentials gets no error code. */
	if (error->code != NULL)
		challenge = arena_printf(response->arena,
		    "Bearer error=\"invalid_token\", error_description=\"%s\"", error->code);
	response_header(response, "WWW-Authenticate", challenge);
}

/* The answer gets another body. */
static void response_file_drop(struct response *response)
{
	if (response->file != NULL)
		close(response->file->fd);
	response->file = NULL;
	response->cache = NULL;
}

void response_error(struct response *response, const struct error *error)
{
	size_t row = error_row(error->kind);
	struct json_object *document = json_object_new_object();
	struct json_object *body = json_object_new_object();
	/* The message of a 5xx is general. The details of a bug go to the log only. */
	const char *message =
	    error->kind == ERROR_INTERNAL
		? "Something went wrong here; it has been logged under this request's id."
		: error->message;

	json_object_object_add(document, "error", body);
	json_add_integer(body, "statusCode", errors[row].status);
	json_add_text(body, "name", errors[row].name);
	json_add_text(body, "message", message);
	if (error->kind == ERROR_UNAUTHENTICATED)
		authenticate_header(response, error);
	else if (error->code != NULL)
		json_add_text(body, "code", error->code);
	if (error->details != NULL)
		json_object_object_add(body, "details", json_object_get(error->details));
	if (error->kind == ERROR_UNAVAILABLE || error->retry_after != 0)
		response_header(response, "Retry-After",
		    arena_printf(
			response->arena, "%u", error->retry_after == 0 ? 1 : error->retry_after));
	response_json(response, document);
	response->status = errors[row].status;
	response_file_drop(response);
	json_object_put(document);
}

void response_redirect(struct response *response, const char *url)
{
	response->status = 302;
	response_header(response, "Location", url);
}

/* Sends the body from the file, as far as the file goes: a client sees that bytes are missing. */
static void file_send(const struct response_file *file, const struct front *front)
{
	enum { PIECE = 65536 };
	char bytes[PIECE];
	int64_t at = file->from, end = file->from + file->size;

	while (at < end) {
		size_t wanted = end - at < PIECE ? (size_t)(end - at) : PIECE;
		ssize_t got = pread(file->fd, bytes, wanted, at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || !front->write(front->context, bytes, (size_t)got))
			return;
		at += got;
	}
}

static size_t body_size(const struct response *response)
{
	return response->file == NULL ? response->body_len : (size_t)response->file->size;
}

/* A server that follows a Location that is a path by itself must not see one. */
static bool header_sent(const struct front *front, const char *const header[2])
{
	return !front->location_redirects || strcmp(header[0], "Location") != 0 ||
	       *header[1] != '/';
}

static void body_send(const struct response *response, const struct request *request)
{
	const struct front *front = request->front;

	if (!request->head && response->file != NULL)
		file_send(response->file, front);
	else if (!request->head && response->body_len > 0)
		front->write(front->context, response->body, response->body_len);
	if (response->file != NULL)
		close(response->file->fd);
}

void response_send(const struct response *response, const struct request *request)
{
	const struct front *front = request->front;
	struct arena *arena = response->arena;
	char *head = arena_printf(arena, "Status: %d %s\r\nX-Content-Type-Options: nosniff\r\n",
	    response->status, reason_phrase(response->status));

	if (response->cache == NULL || *response->cache != '\0')
		head = arena_printf(arena, "%sCache-Control: %s\r\n", head,
		    response->cache == NULL ? "no-store" : response->cache);
	if (response->content_type != NULL)
		head = arena_printf(arena, "%sContent-Type: %s\r\nContent-Length: %zu\r\n", head,
		    response->content_type, body_size(response));
	if (request->id_is_ours)
		head = arena_printf(arena, "%sX-Request-Id: %s\r\n", head, request->id);
	for (size_t i = 0; i < response->header_count; i++) {
		if (header_sent(front, response->headers[i]))
			head = arena_printf(arena, "%s%s: %s\r\n", head, response->headers[i][0],
			    response->headers[i][1]);
	}
	head = arena_printf(arena, "%s\r\n", head);
	front->write(front->context, head, strlen(head));
	body_send(response, request);
}
