/* One HTTP request, read from whichever front end it came through (FastCGI or CGI). */
#ifndef CONFAB_HTTP_REQUEST_H
#define CONFAB_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum {
	PATH_SEGMENTS_MAX = 16,
	PATH_MAX_LENGTH = 4096, /* bytes of the undecoded path and query */
	QUERY_MAX = 32,         /* parameters */
	BODY_MAX = 1024 * 1024, /* bytes; webhooks over loopback may send BODY_MAX_LOCAL */
	BODY_MAX_LOCAL = 8 * 1024 * 1024,
};

/* Where a request comes from and its answer goes to: the difference between FastCGI and CGI. */
struct front {
	void *context;
	/* A CGI variable, or NULL. Borrowed until the request is finished. */
	const char *(*param)(void *context, const char *name);
	/* Reads up to `len` bytes of the body; 0 at its end. */
	size_t (*read)(void *context, char *bytes, size_t len);
	void (*write)(void *context, const char *bytes, size_t len);
	/* A Location that is a path means "answer with what is there" (RFC 3875, section 6.3.2):
	 * Apache then drops our answer, whatever its status. */
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

struct segment {
	const char *text; /* decoded, NUL behind it */
	size_t len;
};

struct parameter {
	const char *name, *value; /* decoded */
};

struct request {
	struct arena *arena;
	const struct front *front;
	enum method method;
	bool head;               /* HEAD: as GET, but without a body in the answer */
	const char *method_name; /* as it came */
	struct segment path[PATH_SEGMENTS_MAX];
	size_t path_len;
	struct parameter query[QUERY_MAX];
	size_t query_len;
	const char *id;   /* nginx's request id, or one made here; borrowed */
	bool id_is_ours;  /* it was made here, so the answer's header has to say it */
	bool local;       /* came through a location that is for loopback only */
	const char *body; /* NUL behind it; NULL until request_body_read() */
	size_t body_len;
};

/* Reads method, path and query. ERROR_MALFORMED for a bad escape, NUL, invalid UTF-8, a . or ..
 * segment, too many parameters. Trailing and repeated slashes are dropped, each segment is decoded
 * once. `base_path` ("/confab" or "") is cut off in front: ERROR_NOT_FOUND without it, and for more
 * segments than any route has. */
bool request_read(struct request *request, struct arena *arena, const struct front *front,
    const char *base_path, struct error *error);

/* Reads the body. ERROR_TOO_LARGE above `max` bytes, ERROR_MALFORMED when less comes than
 * Content-Length says or that is no number, ERROR_MEDIA_TYPE when it is compressed. */
bool request_body_read(struct request *request, size_t max, struct error *error);

/* "GET" for METHOD_GET and so on. */
const char *method_name(enum method method);

/* A header's value by its CGI name ("HTTP_ACCEPT"), or NULL. */
const char *request_param(const struct request *request, const char *name);

/* The same by the header's own name ("Accept"). */
const char *request_header(const struct request *request, const char *name);

/* The value of a query parameter, NULL when absent. ERROR_MALFORMED when it is given twice. */
bool request_query(
    const struct request *request, const char *name, const char **value, struct error *error);

/* A query parameter that is a whole number within bounds; `*value` stays when absent. */
bool request_query_integer(const struct request *request, const char *name, long minimum,
    long maximum, long *value, struct error *error);

/* A query parameter that is a date, as in bodies: RFC 3339, or whole milliseconds since 1970; cut
 * to milliseconds. `*value` (microseconds) stays when absent. */
bool request_query_time(
    const struct request *request, const char *name, int64_t *value, struct error *error);

#endif
