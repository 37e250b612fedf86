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

/* A piece of a file that is sent as the body. It is read as it is sent. */
struct http_upload {
	int fd; /* stays the caller's */
	int64_t offset, len;
};

/* Takes the next bytes of the answer's body. False ends the call. */
typedef bool http_sink(void *context, const void *bytes, size_t len);

/* Is called about once a second while the call goes on. False ends it. */
typedef bool http_keep(void *context);

struct http_call {
	const char *method; /* "GET", "HEAD", "POST", "PUT", "DELETE" */
	const char *url;
	const char *unix_socket; /* the path to connect to instead of the URL's host; may be NULL */
	const char *const *headers; /* lines "Name: value", ended by NULL; may be NULL */
	const void *body;           /* may be NULL */
	size_t body_len;
	const struct http_upload *upload; /* the body instead of `body`; may be NULL */
	const char *user_password; /* "user:password" for Basic or for the signature; may be NULL */
	const char *aws_sigv4;     /* the value of libcurl's CURLOPT_AWS_SIGV4; may be NULL */
	const char *ca_file; /* PEM: a CA that is trusted in place of the system's; may be NULL */
	int64_t timeout;     /* microseconds, for the whole call; 0: no limit */
	int64_t stall;       /* microseconds without a byte that end the call; 0: no limit */
	size_t answer_max;   /* bytes; a longer answer is a failure */
	bool public_only;    /* connect to public addresses only */
	http_sink *sink;     /* gets the body of an answer 2xx; may be NULL */
	void *sink_context;
	http_keep *keep; /* may be NULL */
	void *keep_context;
};

/* Why no answer came. */
enum http_failure {
	HTTP_NO_FAILURE,
	HTTP_UNREACHED, /* no connection, or it was lost, or the answer cannot be read */
	HTTP_STALLED,   /* no byte moved for too long, or the timeout has passed */
	HTTP_STOPPED,   /* keep() or sink() said no */
	HTTP_FILE,      /* the file cannot be read, or is shorter than it was said to be */
};

struct http_answer {
	enum http_failure failure;
	long status;
	char *body; /* in the arena, with a NUL after it */
	size_t body_len;
	const char *headers; /* lines "Name: value", in the arena; NULL: none */
};

struct http_client *http_client_new(void);
void http_client_free(struct http_client *client);

/* Makes the call. True when an answer came, with any status. False when none came or it was too
 * large: ERROR_UNAVAILABLE with a reason, which holds no credentials and no query of the URL;
 * answer->failure tells the class. */
bool http_call(struct http_client *client, struct arena *arena, const struct http_call *call,
    struct http_answer *answer, struct error *error);

/* The value of a header of the answer, in the arena; NULL when it is absent. */
const char *http_answer_header(
    struct arena *arena, const struct http_answer *answer, const char *name);

/* Percent-encodes all but letters, digits and -._~ (RFC 3986). The result lies in the arena. */
const char *url_encode(struct arena *arena, const char *text);

#endif
