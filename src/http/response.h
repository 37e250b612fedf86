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

struct response {
	struct arena *arena;
	int status;
	const char *content_type; /* NULL: no body */
	const char *body;
	size_t body_len;
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

/* Sets the answer to a failure: status, name, and the JSON that confab(7) describes. */
void response_error(struct response *response, const struct error *error);

/* The HTTP status of a kind of error. */
int error_status(enum error_kind kind);

/* Writes the answer through the request's front end. */
void response_send(const struct response *response, const struct request *request);

#endif
