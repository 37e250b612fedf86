/* JSON in and out: a strict check in front of json-c, which takes too much (reference: RFC 8259).
 */
#ifndef CONFAB_BASE_JSON_H
#define CONFAB_BASE_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum {
	JSON_DEPTH_MAX = 32, /* arrays and objects inside each other, in any body */
};

#define JSON_INTEGER_MAX INT64_C(9007199254740992) /* 2^53: beyond it, other programs round */

/* json_check() and json-c's parser; a byte order mark in front is skipped. Integers beyond ±2^53
 * and numbers beyond double give faults (ERROR_INVALID) with their paths. `*value` may be NULL
 * (JSON null) on success; it belongs to the arena. */
bool json_parse(struct arena *arena, const char *text, size_t len, struct json_object **value,
    struct error *error);

/* Has the arena put `value` when it is reset. */
void json_own(struct arena *arena, struct json_object *value);

/* Compact JSON text of `value`; borrowed from `value` until it changes. */
const char *json_text(struct json_object *value);

/* The member `key` of `object` if it is of that type, else NULL. `object` may be NULL or no object.
 * Strings with a NUL inside count as absent: json_text_member() is for text that is interpreted. */
struct json_object *json_member(struct json_object *object, const char *key, enum json_type type);
const char *json_text_member(struct json_object *object, const char *key);

/* Reads an integer member; false if it is absent or no integer. */
bool json_integer_member(struct json_object *object, const char *key, int64_t *value);

/* Does the string hold a NUL (written \u0000)? */
bool json_has_nul(struct json_object *string);

/* How deep arrays and objects are nested in it: 0 for a scalar, 1 for {}. */
unsigned json_depth(struct json_object *value);

/* Adds members that are not there yet, with keys that are static text. NULL text and TIME_NONE
 * become null; times are written as RFC 3339. */
void json_add_text(struct json_object *object, const char *key, const char *text);
void json_add_integer(struct json_object *object, const char *key, int64_t value);
void json_add_boolean(struct json_object *object, const char *key, bool value);
void json_add_time(struct json_object *object, const char *key, int64_t time);

/* Adds `text`, JSON that was checked before it was stored, as a value that is written as it stands;
 * null when it is NULL. `text` is borrowed until `object` is gone. */
void json_add_stored(struct json_object *object, const char *key, const char *text);

#endif
