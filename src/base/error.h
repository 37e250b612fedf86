/* Errors as values: what went wrong, as text that the caller may see. */
#ifndef CONFAB_BASE_ERROR_H
#define CONFAB_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

/* The classes of failure. Only http/response.c knows the HTTP status of each. */
enum error_kind {
	ERROR_NONE = 0,
	ERROR_MALFORMED,       /* the input cannot be read, or a rule forbids the request */
	ERROR_UNAUTHENTICATED, /* no credentials, or wrong ones */
	ERROR_FORBIDDEN,       /* good credentials that do not allow the request */
	ERROR_NOT_FOUND,
	ERROR_METHOD,         /* the path exists, but not with this method */
	ERROR_NOT_ACCEPTABLE, /* the service cannot answer in a form that the caller accepts */
	ERROR_CONFLICT,       /* the present state does not allow the request */
	ERROR_TOO_LARGE,      /* the body is too long */
	ERROR_MEDIA_TYPE,     /* the body has the wrong type */
	ERROR_RANGE,          /* the file has no such range of bytes */
	ERROR_INVALID,        /* the input can be read but has faults; `details` lists them all */
	ERROR_TOO_MANY,       /* the caller must slow down; retry_after says for how long */
	ERROR_INTERNAL,       /* a bug of this service */
	ERROR_PROVIDER,       /* the provider (or a storage) answered with an error */
	ERROR_UNAVAILABLE,    /* the database or the provider cannot be reached now */
};

enum {
	ERROR_MESSAGE_MAX = 400, /* bytes, NUL included */
	ERROR_PATH_MAX = 256,    /* bytes of a fault's path, NUL included */
	ERROR_DETAILS_MAX = 100, /* faults in one error: a body of 1 MiB can have 100,000 */
};

/* Functions that return false fill it. Start with `struct error error = {0}`, end with
 * error_clear(). */
struct error {
	enum error_kind kind;
	const char *code;     /* a word for programs (static text), or NULL: "MEETING_ENDED" */
	unsigned retry_after; /* seconds, for ERROR_UNAVAILABLE and some conflicts; 0: none */
	struct json_object *details;     /* owned: array of {path, code, message, info}, or NULL */
	char message[ERROR_MESSAGE_MAX]; /* for people; never holds a secret, a token or another
					    caller's text */
};

/* Each of these macros fills the error and has the value false, so that a function can end with
 * `return error_set(…)`. They are macros so that the compiler knows the value too. */

static inline bool error_false(void)
{
	return false;
}

/* Sets the kind and the message, and forgets the error before. */
#define error_set(error, kind, ...) (error_write(error, kind, NULL, __VA_ARGS__), error_false())

/* The same with a code. */
#define error_set_code(error, kind, code, ...)                                                     \
	(error_write(error, kind, code, __VA_ARGS__), error_false())

/* Adds one fault to `details` and makes the error ERROR_INVALID (code VALIDATION_FAILED). `path` is
 * a JSON pointer ("/extId"), `rule` a word ("maxLength"). `info` is an object, which the error then
 * owns, or NULL. */
#define error_fault(error, path, rule, info, ...)                                                  \
	(error_write_detail(error, true, path, rule, info, __VA_ARGS__), error_false())

/* The same, but the kind of the error stays: for details of a 400 or a 503. */
#define error_detail(error, path, rule, info, ...)                                                 \
	(error_write_detail(error, false, path, rule, info, __VA_ARGS__), error_false())

/* The macros call these. */
__attribute__((format(printf, 4, 5))) void error_write(
    struct error *error, enum error_kind kind, const char *code, const char *format, ...);
__attribute__((format(printf, 6, 7))) void error_write_detail(struct error *error, bool is_fault,
    const char *path, const char *rule, struct json_object *info, const char *format, ...);

/* Frees the details and makes the error ERROR_NONE. */
void error_clear(struct error *error);

#endif
