/* One HTTP answer. Only response.c knows the HTTP status of an error. */
#ifndef CONFAB_HTTP_RESPONSE_H
#define CONFAB_HTTP_RESPONSE_H

#include <json-c/json.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json_writer.h"
#include "http/request.h"

enum {
	RESPONSE_HEADERS_MAX = 16,
};

/* A piece of a file as the body. response_send() closes it. */
struct response_file {
	int fd;
	int64_t from, size; /* bytes */
};

struct response {
	struct arena *arena;
	int status;
	const char *content_type; /* NULL: no body */
	const char *body;
	size_t body_len;
	struct response_file *file; /* the body instead of `body`; NULL: there is none */
	const char *cache;          /* the header Cache-Control; NULL: "no-store"; "": none */
	const char *headers[RESPONSE_HEADERS_MAX][2];
	size_t header_count;
};

/* Adds a header. The name is static text. The caller makes sure that the value has no line ends. */
void response_header(struct response *response, const char *name, const char *value);

/* Set the answer: 200 with JSON, 200 with text, or 204. The text of a value is copied into the
 * arena; the text of a json_writer is there already. */
void response_written(struct response *response, const struct json_writer *writer);
void response_json(struct response *response, struct json_object *value);
void response_text(struct response *response, const char *text);
void response_empty(struct response *response);

/* Sets the answer: 200 with `text`, which lies in the arena, and its type. */
void response_body(struct response *response, const char *content_type, const char *text);

/* Sets the answer: 200 with the file, or 206 with the range of it that the request asks for. From
 * now on `fd` belongs to the answer. ERROR_RANGE when the file has no such range, ERROR_INTERNAL
 * when it cannot be read. (Only for servers that cannot send files themselves: a worker is busy
 * until the client has the last byte.) */
bool response_file(struct response *response, const struct request *request,
    const char *content_type, int fd, struct error *error);

/* Sets the answer: 302 to another address. */
void response_redirect(struct response *response, const char *url);

/* Sets the answer to a failure: status, name, and the JSON that confab(7) describes. */
void response_error(struct response *response, const struct error *error);

/* The HTTP status of a kind of error. */
int error_status(enum error_kind kind);

/* Writes the answer through the request's front end. */
void response_send(const struct response *response, const struct request *request);

#endif
