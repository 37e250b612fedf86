/* Reading the members of a request's body: typed, bounded, with all faults told at once. */
#ifndef CONFAB_API_BODY_H
#define CONFAB_API_BODY_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* A body that is being read. Wrong types and lengths are faults (422), all listed; text that is no
 * date or holds a NUL is a 400, told only when there are no faults. */
struct body {
	struct json_object *object;
	struct error *error;
	struct error malformed;
};

struct body body_open(struct json_object *object, struct error *error);

/* Each reads one member and gives whether it is there (and not null-as-absent: null is a wrong
 * type).
 * `*value` stays as it is when it is absent or wrong. */
bool body_boolean(struct body *body, const char *key, bool *value);
bool body_time(struct body *body, const char *key, int64_t *value);
bool body_object(struct body *body, const char *key, struct json_object **value);

/* Text of `min` to `max` characters, or bytes. It is borrowed from the body. */
enum body_measure { BODY_CHARACTERS, BODY_BYTES };
bool body_text(struct body *body, const char *key, size_t min, size_t max,
    enum body_measure measure, const char **value);

/* Text that people see, such as a name, of at most `max` characters: normalised, without blanks
 * around it, and refused when it cannot be seen (base/visible_text.h). It lies in the arena. */
bool body_visible_text(
    struct body *body, struct arena *arena, const char *key, size_t max, const char **value);

/* Adds a fault at "/key". */
__attribute__((format(printf, 4, 5))) void body_fault(
    struct body *body, const char *key, const char *rule, const char *format, ...);

/* True when nothing was wrong; otherwise the body's error says all. */
bool body_close(struct body *body);

#endif
