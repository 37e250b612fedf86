/* One HTTP request, read through its front end (FastCGI or CGI). */
#ifndef CONFAB_HTTP_REQUEST_H
#define CONFAB_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum {
	PATH_SEGMENTS_MAX = 16,
	PATH_MAX_LENGTH = 4096, /* bytes of path and query before they are decoded */
	QUERY_MAX = 32,         /* parameters */
	BODY_MAX = 1024 * 1024, /* bytes; webhooks over loopback may have BODY_MAX_LOCAL */
	BODY_MAX_LOCAL = 8 * 1024 * 1024,
};

/* A front end: FastCGI or CGI. It gives the request and takes the answer. */
struct front {
	void *context;
	/* Gives a CGI variable, or NULL. Borrowed until the end of the request. */
	const char *(*param)(void *context, const char *name);
	/* Reads at most `len` bytes of the body. 0 at its end. */
	size_t (*read)(void *context, char *bytes, size_t len);
	/* Writes all bytes. False when the client has closed the connection. */
	bool (*write)(void *context, const char *bytes, size_t len);
	/* The server follows a Location that is a path by itself, and drops our answer, whatever
	 * its status: RFC 3875 (section 6.3.2) says so, and Apache does it. */
	bool location_redirects;
};

enum method {
	METHOD_GET = 1,
	METHOD_POST = 2,
	METHOD_PUT = 4,
	METHOD_PATCH = 8,
	METHOD_DELETE = 16,
	METHOD_OPTIONS = 32,
	METHOD_OTHER = 64,
};

struct path_segment {
	const char *text; /* decoded, with a NUL after it */
	size_t len;
};

struct parameter {
	const char *name, *value; /* decoded */
};

struct request {
	struct arena *arena;
	const struct front *front;
	enum method method;
	bool head;               /* the method is HEAD: as GET, but the answer has no body */
	const char *method_name; /* as the client wrote it */
	struct path_segment path[PATH_SEGMENTS_MAX];
	size_t path_len;
	struct parameter query[QUERY_MAX];
	size_t query_len;
	const char *id;   /* nginx's request id, or one made by this service; borrowed */
	bool id_is_ours;  /* this service made the id, so it must write the answer's header */
	bool local;       /* the request came through a location for loopback only */
	const char *body; /* with a NUL after it; NULL before request_body_read() */
	size_t body_len;
};

/* Reads method, path and query. Slashes at the end and repeated slashes are ignored. Each segment
 * is decoded once. `base_path` ("/confab" or "") is removed from the front. ERROR_MALFORMED for a
 * wrong escape, a NUL, invalid UTF-8, a segment . or .., or too many parameters. ERROR_NOT_FOUND
 * when the path does not begin with `base_path`, or has more segments than any route. */
bool request_read(struct request *request, struct arena *arena, const struct front *front,
    const char *base_path, struct error *error);

/* Reads the body. ERROR_TOO_LARGE when it has more than `max` bytes. ERROR_MALFORMED when it is
 * shorter than Content-Length, or when that is not a number. ERROR_MEDIA_TYPE when it is
 * compressed. */
bool request_body_read(struct request *request, size_t max, struct error *error);

/* "GET" for METHOD_GET and so on. */
const char *method_name(enum method method);

/* The value of a header by its CGI name ("HTTP_ACCEPT"), or NULL. */
const char *request_param(const struct request *request, const char *name);

/* The same by the header's own name ("Accept"). */
const char *request_header(const struct request *request, const char *name);

/* The value of a query parameter; NULL when it is absent. ERROR_MALFORMED when it appears twice. */
bool request_query(
    const struct request *request, const char *name, const char **value, struct error *error);

/* Reads a query parameter that is a whole number within bounds. `*value` stays as it is when the
 * parameter is absent. */
bool request_query_integer(const struct request *request, const char *name, long minimum,
    long maximum, long *value, struct error *error);

/* Reads a query parameter that is a date: RFC 3339 or milliseconds since 1970, as in bodies.
 * `*value` becomes microseconds, without parts of a millisecond; it stays as it is when the
 * parameter is absent. */
bool request_query_time(
    const struct request *request, const char *name, int64_t *value, struct error *error);

#endif
