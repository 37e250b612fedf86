/* Reads a request's body. Each operation has a table of the members, their types and limits, and
 * the places for their values. The answer lists all faults.
 *
 * static const struct body_field fields[] = { BODY_FLAG("muted", struct mute_wish, muted),
 * BODY_TIME("expireTime", struct wish, expiry), BODY_TEXT("extId", struct wish, ext_id, 0,
 * NAME_MAX_LENGTH, BODY_CHARACTERS), }; if (!body_read(context, fields, BODY_FIELDS(fields), &wish,
 * error)) return false;
 *
 * A member of `wish` keeps its value if the body does not have the field, or the field has a fault.
 * The compiler checks the member's type. Members of the body that are not in the table are ignored.
 */
#ifndef CONFAB_API_BODY_H
#define CONFAB_API_BODY_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/request_context.h"
#include "base/arena.h"
#include "base/error.h"
#include "meeting/role.h"

enum body_type {
	BODY_TYPE_FLAG,    /* true or false */
	BODY_TYPE_NUMBER,  /* a whole number */
	BODY_TYPE_TIME,    /* RFC 3339 text or whole milliseconds since 1970; microseconds */
	BODY_TYPE_TEXT,    /* text of `min` to `max` characters or bytes */
	BODY_TYPE_VISIBLE, /* text for people (base/visible_text.h): at most `max` characters */
	BODY_TYPE_ROLE,    /* the name of a role */
	BODY_TYPE_OBJECT,  /* an object, kept as compact JSON of at most `max` bytes */
};

enum body_measure { BODY_CHARACTERS, BODY_BYTES };

/* One field. Use the macros below. */
struct body_field {
	const char *name;
	enum body_type type;
	size_t member; /* offset of the place for the value */
	size_t given;  /* 1 + offset of a bool that becomes true if the value is read; 0: none */
	size_t min, max;
	enum body_measure measure;
	unsigned depth_max; /* BODY_TYPE_OBJECT: the greatest nesting */
	bool required;
	/* BODY_TYPE_OBJECT: if not NULL, it checks the value and adds its faults to the error. */
	bool (*members)(struct arena *arena, struct json_object *value, struct error *error);
	/* If `good` is not NULL, it must accept the text. The fault of other text has the code
	 * `rule` and the message "<name> <says>". */
	bool (*good)(const char *text);
	const char *rule, *says;
};

/* The offset of a member. It must have the C type `kind`. */
#define BODY_MEMBER(type, member, kind)                                                            \
	(offsetof(type, member) + 0 * sizeof(_Generic(((type *)0)->member, kind : 0)))

/* The types of the places: bool, int64_t, int64_t, const char *, const char *, enum role, const
 * char *. Text is borrowed from the body or lies in the request's arena. More members of struct
 * body_field may follow, such as BODY_GIVEN(). */
#define BODY_FLAG(key, type_, member_, ...)                                                        \
	{                                                                                          \
		.name = (key), .type = BODY_TYPE_FLAG,                                             \
		.member = BODY_MEMBER(type_, member_, bool), __VA_ARGS__                           \
	}
#define BODY_NUMBER(key, type_, member_, ...)                                                      \
	{                                                                                          \
		.name = (key), .type = BODY_TYPE_NUMBER,                                           \
		.member = BODY_MEMBER(type_, member_, int64_t), __VA_ARGS__                        \
	}
#define BODY_TIME(key, type_, member_, ...)                                                        \
	{                                                                                          \
		.name = (key), .type = BODY_TYPE_TIME,                                             \
		.member = BODY_MEMBER(type_, member_, int64_t), __VA_ARGS__                        \
	}
#define BODY_TEXT(key, type_, member_, min_, max_, measure_, ...)                                  \
	{                                                                                          \
		.name = (key), .type = BODY_TYPE_TEXT,                                             \
		.member = BODY_MEMBER(type_, member_, const char *), .min = (min_), .max = (max_), \
		.measure = (measure_), __VA_ARGS__                                                 \
	}
#define BODY_VISIBLE_TEXT(key, type_, member_, max_, ...)                                          \
	{                                                                                          \
		.name = (key), .type = BODY_TYPE_VISIBLE,                                          \
		.member = BODY_MEMBER(type_, member_, const char *), .max = (max_), __VA_ARGS__    \
	}
#define BODY_ROLE(key, type_, member_, ...)                                                        \
	{                                                                                          \
		.name = (key), .type = BODY_TYPE_ROLE,                                             \
		.member = BODY_MEMBER(type_, member_, enum role), __VA_ARGS__                      \
	}
#define BODY_OBJECT(key, type_, member_, max_, depth_max_, ...)                                    \
	{                                                                                          \
		.name = (key), .type = BODY_TYPE_OBJECT,                                           \
		.member = BODY_MEMBER(type_, member_, const char *), .max = (max_),                \
		.depth_max = (depth_max_), __VA_ARGS__                                             \
	}

/* After a field's other arguments: a bool that becomes true if the body has the field. */
#define BODY_GIVEN(type_, member_) .given = 1 + BODY_MEMBER(type_, member_, bool)

/* After a field's other arguments: a check of the text, and the message for other text ("must be
 * none or opentok."). */
#define BODY_GOOD(good_, rule_, says_) .good = (good_), .rule = (rule_), .says = (says_)

/* The same for an object: a check of its members, which adds their faults to the error. */
#define BODY_MEMBERS(check_) .members = (check_)

#define BODY_FIELDS(fields) (sizeof(fields) / sizeof((fields)[0]))

/* Reads the request's body into `wish`. Wrong types and lengths are faults: the answer is 422 and
 * lists all of them. Without faults, text that is no date or holds a NUL gives 400. */
bool body_read(struct request_context *context, const struct body_field *fields, size_t count,
    void *wish, struct error *error);

/* The same in steps, for a body that needs more than one table. */
struct body {
	struct json_object *object;
	struct arena *arena;
	bool null_is_absent; /* false: null is a wrong type */
	struct error *error;
	struct error malformed;
};

struct body body_open(struct json_object *object, struct arena *arena, struct error *error);

void body_read_fields(struct body *body, const struct body_field *fields, size_t count, void *wish);

/* Adds a fault at "/key". */
__attribute__((format(printf, 4, 5))) void body_fault(
    struct body *body, const char *key, const char *rule, const char *format, ...);

/* True if there was no fault. Otherwise the body's error lists them. */
bool body_close(struct body *body);

#endif
