/* Heads of HTTP/1.1 requests and answers: as much of it as nginx, libcurl and Janus speak on
 * sockets of this machine. */
#ifndef CONFAB_GATE_HTTP_H
#define CONFAB_GATE_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum {
	HTTP_HEAD_MAX = 8192, /* bytes */
	HTTP_HEADERS_MAX = 64,
};

/* Text lies in what was read. */
struct http_head {
	const char *method; /* of a request */
	const char *path;   /* undecoded, without a query */
	int status;         /* of an answer */
	size_t count;
	struct {
		const char *name, *value;
	} headers[HTTP_HEADERS_MAX];
};

enum http_outcome { HTTP_DONE, HTTP_MORE, HTTP_MALFORMED };

/* Reads the head at the start of `text`, which it changes when the head is whole. *used gets the
 * head's length. */
enum http_outcome http_request_read(char *text, size_t len, struct http_head *head, size_t *used);
enum http_outcome http_answer_read(char *text, size_t len, struct http_head *head, size_t *used);

/* The first header of this name, in any letter case; NULL: none. */
const char *http_header(const struct http_head *head, const char *name);

/* Does a header with a list hold this word, in any letter case? */
bool http_header_has(const struct http_head *head, const char *name, const char *word);

/* Sec-WebSocket-Accept for this Sec-WebSocket-Key (RFC 6455, 4.2.2). In the arena. */
const char *http_websocket_accept(struct arena *arena, const char *key);

#endif
