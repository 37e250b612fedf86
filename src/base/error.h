/* Errors as values: what went wrong, in words that may be shown to the caller. */
#ifndef CONFAB_BASE_ERROR_H
#define CONFAB_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

/* The classes of failure. http/response.c alone knows which HTTP status each one is. */
enum error_kind {
	ERROR_NONE = 0,
	ERROR_MALFORMED,       /* the input cannot be read, or a rule forbids it */
	ERROR_UNAUTHENTICATED, /* no credentials, or wrong ones */
	ERROR_FORBIDDEN,       /* good credentials that do not allow this */
	ERROR_NOT_FOUND,
	ERROR_METHOD,         /* the path is there, the method is not */
	ERROR_NOT_ACCEPTABLE, /* nothing that the caller accepts */
	ERROR_CONFLICT,       /* not in the present state */
	ERROR_TOO_LARGE,      /* the body */
	ERROR_MEDIA_TYPE,     /* the body's type */
	ERROR_INVALID,        /* well-formed input with faults, all listed in `details` */
	ERROR_INTERNAL,       /* a bug of ours */
	ERROR_PROVIDER,       /* the provider (or a storage) answered with an error */
	ERROR_UNAVAILABLE,    /* database or provider out of reach: try again later */
};

enum {
	ERROR_MESSAGE_MAX = 400, /* bytes, NUL included */
	ERROR_PATH_MAX = 256,    /* bytes of a fault's path, NUL included */
	ERROR_DETAILS_MAX = 100, /* faults told at once: a body of 1 MiB can have 100,000 */
};

/* Filled by functions that return false. Start with `struct error error = {0}`; end with
 * error_clear(). */
struct error {
	enum error_kind kind;
	const char *code;     /* static text for programs, or NULL: "MEETING_ENDED" */
	unsigned retry_after; /* seconds, for ERROR_UNAVAILABLE and some conflicts; 0: none */
	struct json_object *details;     /* owned: array of {path, code, message, info}, or NULL */
	char message[ERROR_MESSAGE_MAX]; /* for people; never a secret, token or other caller's text
					  */
};

/* Each of these fills the error and is false, so that a function can end with `return
 * error_set(…)`. They are macros so that the compiler knows it, too. */

static inline bool error_false(void)
{
	return false;
}

/* Sets kind and message, drops what was there. */
#define error_set(error, kind, ...) (error_write(error, kind, NULL, __VA_ARGS__), error_false())

/* The same with a `code` (static text, or NULL). */
#define error_set_code(error, kind, code, ...)                                                     \
	(error_write(error, kind, code, __VA_ARGS__), error_false())

/* Adds one fault to `details` and makes the error ERROR_INVALID (code VALIDATION_FAILED).
 * `path` is a JSON pointer ("/extId"), `rule` a word ("maxLength"), `info` an
 * object that the error takes over, or NULL. */
#define error_fault(error, path, rule, info, ...)                                                  \
	(error_write_detail(error, true, path, rule, info, __VA_ARGS__), error_false())

/* The same without changing what kind of error it is: details of a 400 or a 503. */
#define error_detail(error, path, rule, info, ...)                                                 \
	(error_write_detail(error, false, path, rule, info, __VA_ARGS__), error_false())

/* What is behind them. */
__attribute__((format(printf, 4, 5))) void error_write(
    struct error *error, enum error_kind kind, const char *code, const char *format, ...);
__attribute__((format(printf, 6, 7))) void error_write_detail(struct error *error, bool is_fault,
    const char *path, const char *rule, struct json_object *info, const char *format, ...);

/* Frees the details and makes the error ERROR_NONE. */
void error_clear(struct error *error);

#endif
