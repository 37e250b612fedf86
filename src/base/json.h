/* JSON values: json-c, with a strict check before it (RFC 8259). */
#ifndef CONFAB_BASE_JSON_H
#define CONFAB_BASE_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum {
	JSON_DEPTH_MAX = 32, /* levels of arrays and objects in a body */
};

#define JSON_INTEGER_MAX INT64_C(9007199254740992) /* 2^53: some programs round larger integers */

/* Checks the text with json_check(), then reads it with json-c. A byte order mark at the start is
 * skipped. Integers beyond ±2^53 and numbers that no double can hold are faults (ERROR_INVALID)
 * with their paths. `*value` belongs to the arena. It may be NULL (JSON null) on success. */
bool json_parse(struct arena *arena, const char *text, size_t len, struct json_object **value,
    struct error *error);

/* Releases `value` when the arena is reset. */
void json_own(struct arena *arena, struct json_object *value);

/* The value as JSON text without blanks. It belongs to `value` and is good until that changes. */
const char *json_text(struct json_object *value);

/* The same in the arena; frees `value`. */
char *json_text_take(struct arena *arena, struct json_object *value);

/* The member `key` of `object` if it has this type, else NULL. `object` may be NULL or another type
 * than an object. json_text_member() gives text that is interpreted: NULL also for a string that
 * contains a NUL. */
struct json_object *json_member(struct json_object *object, const char *key, enum json_type type);
const char *json_text_member(struct json_object *object, const char *key);

/* Reads a member that is an integer. False when it is absent or has another type. */
bool json_integer_member(struct json_object *object, const char *key, int64_t *value);

/* Does the string contain a NUL (written \u0000)? */
bool json_has_nul(struct json_object *string);

/* The levels of arrays and objects in a value: 0 for a scalar, 1 for {}. */
unsigned json_depth(struct json_object *value);

/* Add a member that the object does not have yet; the key is static text. NULL text and TIME_NONE
 * become null. Times are written as RFC 3339 dates. */
void json_add_text(struct json_object *object, const char *key, const char *text);
void json_add_integer(struct json_object *object, const char *key, int64_t value);
void json_add_boolean(struct json_object *object, const char *key, bool value);
void json_add_time(struct json_object *object, const char *key, int64_t time);

/* Adds `text` unchanged: it is JSON that was checked before it was stored. NULL becomes null.
 * `text` must live as long as `object`. */
void json_add_stored(struct json_object *object, const char *key, const char *text);

#endif
