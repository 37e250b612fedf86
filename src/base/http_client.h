/* HTTP calls to other servers: with a timeout and a size limit, TLS is verified, redirects are not
 * followed, nothing is logged. */
#ifndef CONFAB_BASE_HTTP_CLIENT_H
#define CONFAB_BASE_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct http_client; /* one libcurl handle, kept because it keeps connections open */

struct http_call {
	const char *method; /* "GET", "POST", "PUT", "DELETE" */
	const char *url;
	const char *unix_socket; /* the path to connect to instead of the URL's host; may be NULL */
	const char *const *headers; /* lines "Name: value", ended by NULL; may be NULL */
	const void *body;           /* may be NULL */
	size_t body_len;
	const char *user_password; /* "user:password" for Basic or for the signature; may be NULL */
	const char *aws_sigv4;     /* the value of libcurl's CURLOPT_AWS_SIGV4; may be NULL */
	const char *ca_file; /* PEM: a CA that is trusted in place of the system's; may be NULL */
	int64_t timeout;     /* microseconds, for the whole call */
	size_t answer_max;   /* bytes; a longer answer is a failure */
	bool public_only;    /* connect to public addresses only */
};

struct http_answer {
	long status;
	char *body; /* in the arena, with a NUL after it */
	size_t body_len;
};

struct http_client *http_client_new(void);
void http_client_free(struct http_client *client);

/* Makes the call. True when an answer came, with any status. False when none came or it was too
 * large: ERROR_UNAVAILABLE with a reason, which holds no credentials and no query of the URL. */
bool http_call(struct http_client *client, struct arena *arena, const struct http_call *call,
    struct http_answer *answer, struct error *error);

#endif
