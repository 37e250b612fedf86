/* One HTTP answer, and the one place where errors get their status. */
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

struct response {
	struct arena *arena;
	int status;
	const char *content_type; /* NULL: no body */
	const char *body;
	size_t body_len;
	const char *headers[RESPONSE_HEADERS_MAX][2];
	size_t header_count;
};

/* Adds a header. The name is static text; the value is made free of line ends by the caller. */
void response_header(struct response *response, const char *name, const char *value);

/* 200 with that JSON, or 200 with text, or 204. The value's text is copied into the arena; what a
 * json_writer has written lies there. */
void response_written(struct response *response, const struct json_writer *writer);
void response_json(struct response *response, struct json_object *value);
void response_text(struct response *response, const char *text);
void response_empty(struct response *response);

/* 200 with that text, which lies in the arena, and its type. */
void response_body(struct response *response, const char *content_type, const char *text);

/* The answer to a failure: status, name, and the shape that confab(7) describes. */
void response_error(struct response *response, const struct error *error);

/* The HTTP status of an error's kind. */
int error_status(enum error_kind kind);

/* Writes the answer to the request's front end. */
void response_send(const struct response *response, const struct request *request);

#endif
