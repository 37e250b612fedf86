/* Every HTTP call outwards: time-outs, a size limit, TLS verified, no redirects, nothing logged. */
#ifndef CONFAB_BASE_HTTP_CLIENT_H
#define CONFAB_BASE_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct http_client; /* one libcurl handle, kept for its open connections */

struct http_call {
	const char *method; /* "GET", "POST", "PUT", "DELETE" */
	const char *url;
	const char *const *headers; /* "Name: value" lines, NULL-ended; may be NULL */
	const void *body;           /* may be NULL */
	size_t body_len;
	const char *user_password; /* "user:password" for Basic or the signature; may be NULL */
	const char *aws_sigv4;     /* libcurl's CURLOPT_AWS_SIGV4 text; may be NULL */
	int64_t timeout;           /* microseconds for the whole call */
	size_t answer_max;         /* bytes of the answer's body that are taken */
	bool public_only;          /* connect to public addresses only (checked when connecting) */
};

struct http_answer {
	long status;
	char *body; /* in the arena, NUL behind it */
	size_t body_len;
};

struct http_client *http_client_new(void);
void http_client_free(struct http_client *client);

/* Makes the call. True when an answer came, whatever its status; false when none did or it was too
 * large: ERROR_UNAVAILABLE with what happened in words without credentials or the URL's query. */
bool http_call(struct http_client *client, struct arena *arena, const struct http_call *call,
    struct http_answer *answer, struct error *error);

#endif
