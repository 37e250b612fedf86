/* Errors as values: what went wrong, in words that may be shown to the caller. */
#ifndef CONFAB_BASE_ERROR_H
#define CONFAB_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

/* The classes of failure. http/problem.c alone knows which HTTP status each one is. */
enum error_kind {
	ERROR_NONE = 0,
	ERROR_MALFORMED,       /* the input cannot be read, or a rule forbids it */
	ERROR_UNAUTHENTICATED, /* no credentials, or wrong ones */
	ERROR_FORBIDDEN,       /* good credentials that do not allow this */
	ERROR_NOT_FOUND,
	ERROR_METHOD,          /* the path is there, the method is not */
	ERROR_NOT_ACCEPTABLE,  /* nothing that the caller accepts */
	ERROR_CONFLICT,        /* not in the present state */
	ERROR_TOO_LARGE,       /* the body */
	ERROR_MEDIA_TYPE,      /* the body's type */
	ERROR_INVALID,         /* well-formed input with faults, all listed in `details` */
	ERROR_INTERNAL,        /* a bug of ours */
	ERROR_PROVIDER,        /* the provider (or a storage) answered with an error */
	ERROR_UNAVAILABLE,     /* database or provider out of reach: try again later */
};

enum {
	ERROR_MESSAGE_MAX = 400, /* bytes, NUL included */
	ERROR_PATH_MAX = 256,    /* bytes of a fault's path, NUL included */
	ERROR_DETAILS_MAX = 100, /* faults told at once: a body of 1 MiB can have 100,000 */
};

/* Filled by functions that return false. Start with `struct error error = {0}`; end with error_clear(). */
struct error {
	enum error_kind kind;
	const char *code;             /* static text for programs, or NULL: "MEETING_ENDED" */
	unsigned retry_after;         /* seconds, for ERROR_UNAVAILABLE and some conflicts; 0: none */
	struct json_object *details;  /* owned: array of {path, code, message, info}, or NULL */
	char message[ERROR_MESSAGE_MAX]; /* for people; never a secret, token or other caller's text */
};

/* Sets kind and message, drops what was there. Always returns false, so that a function can end with
 * `return error_set(error, …)`. */
__attribute__((format(printf, 3, 4))) bool error_set(
    struct error *error, enum error_kind kind, const char *format, ...);

/* The same with a `code` (static text). */
__attribute__((format(printf, 4, 5))) bool error_set_code(
    struct error *error, enum error_kind kind, const char *code, const char *format, ...);

/* Adds one fault to `details` and makes the error ERROR_INVALID (code VALIDATION_FAILED, as
 * CONTRACT.md says). `path` is a JSON pointer ("/extId"), `rule` a word ("maxLength"), `info` an
 * object that the error takes over, or NULL. Always returns false. */
__attribute__((format(printf, 5, 6))) bool error_fault(struct error *error, const char *path,
    const char *rule, struct json_object *info, const char *format, ...);

/* The same without changing what kind of error it is: details of a 400 or a 503. */
__attribute__((format(printf, 5, 6))) bool error_detail(struct error *error, const char *path,
    const char *rule, struct json_object *info, const char *format, ...);

/* Frees the details and makes the error ERROR_NONE. */
void error_clear(struct error *error);

#endif
