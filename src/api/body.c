/* Reading the members of a request's body: typed, bounded, with all faults told at once. */
#include "api/body.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "base/visible_text.h"

struct body body_open(struct json_object *object, struct error *error)
{
	return (struct body){.object = object, .error = error};
}

void body_fault(struct body *body, const char *key, const char *rule, const char *format, ...)
{
	char path[64];
	char message[ERROR_MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	snprintf(path, sizeof path, "/%s", key);
	error_fault(body->error, path, rule, NULL, "%s", message);
}

/* The member if it is there and of the type; another type is a fault. */
static struct json_object *typed(
    struct body *body, const char *key, enum json_type type, const char *type_name)
{
	struct json_object *member;

	if (!json_object_object_get_ex(body->object, key, &member))
		return NULL;
	if (json_object_is_type(member, type))
		return member;
	body_fault(body, key, "type", "%s must be %s.", key, type_name);
	return NULL;
}

bool body_boolean(struct body *body, const char *key, bool *value)
{
	struct json_object *member = typed(body, key, json_type_boolean, "true or false");

	if (member == NULL)
		return false;
	*value = json_object_get_boolean(member);
	return true;
}

bool body_object(struct body *body, const char *key, struct json_object **value)
{
	struct json_object *member = typed(body, key, json_type_object, "an object");

	if (member == NULL)
		return false;
	*value = member;
	return true;
}

static void malformed(struct body *body, const char *key, const char *what)
{
	if (body->malformed.kind == ERROR_NONE)
		error_set(&body->malformed, ERROR_MALFORMED, "%s %s.", key, what);
}

bool body_time(struct body *body, const char *key, int64_t *value)
{
	struct json_object *member;
	int64_t time;

	if (!json_object_object_get_ex(body->object, key, &member))
		return false;
	if (json_object_is_type(member, json_type_string)) {
		if (!date_parse(json_object_get_string(member),
			(size_t)json_object_get_string_len(member), &time)) {
			malformed(body, key, "is not an RFC 3339 date");
			return false;
		}
		*value = time - time % MILLISECOND;
		return true;
	}
	if (json_object_is_type(member, json_type_int)) {
		time = json_object_get_int64(member);
		if (time < TIME_MIN / MILLISECOND || time > TIME_MAX / MILLISECOND) {
			malformed(body, key, "is beyond the year 9999");
			return false;
		}
		*value = time * MILLISECOND;
		return true;
	}
	body_fault(body, key, "type",
	    "%s must be an RFC 3339 date or a whole number of milliseconds since 1970.", key);
	return false;
}

/* The member if it is text without NUL. */
static struct json_object *text_member(struct body *body, const char *key)
{
	struct json_object *member = typed(body, key, json_type_string, "text");

	if (member == NULL || !json_has_nul(member))
		return member;
	malformed(body, key, "holds a NUL character");
	return NULL;
}

bool body_text(struct body *body, const char *key, size_t min, size_t max,
    enum body_measure measure, const char **value)
{
	struct json_object *member = text_member(body, key);
	const char *unit = measure == BODY_BYTES ? "bytes" : "characters";
	const char *text;
	size_t len;

	if (member == NULL)
		return false;
	text = json_object_get_string(member);
	len = (size_t)json_object_get_string_len(member);
	if (measure == BODY_CHARACTERS)
		len = utf8_length(text, len);
	if (len < min) {
		body_fault(body, key, "minLength", "%s must have at least %zu %s.", key, min, unit);
		return false;
	}
	if (len > max) {
		body_fault(body, key, "maxLength", "%s must have at most %zu %s.", key, max, unit);
		return false;
	}
	*value = text;
	return true;
}

bool body_visible_text(
    struct body *body, struct arena *arena, const char *key, size_t max, const char **value)
{
	struct json_object *member = text_member(body, key);
	struct visible_text visible;

	if (member == NULL)
		return false;
	visible = visible_text_read(
	    arena, json_object_get_string(member), (size_t)json_object_get_string_len(member));
	switch (visible.fault) {
	case VISIBLE_EMPTY:
		body_fault(body, key, "minLength",
		    "%s must have at least one character that can be seen.", key);
		return false;
	case VISIBLE_FORBIDDEN:
		body_fault(body, key, "pattern",
		    "%s must not hold the character U+%04X, which cannot be seen.", key,
		    (unsigned)visible.forbidden);
		return false;
	case VISIBLE_GOOD:
		break;
	}
	if (visible.characters > max) {
		body_fault(
		    body, key, "maxLength", "%s must have at most %zu characters.", key, max);
		return false;
	}
	*value = visible.text;
	return true;
}

bool body_close(struct body *body)
{
	if (body->error->kind == ERROR_NONE && body->malformed.kind != ERROR_NONE)
		*body->error = body->malformed;
	else
		error_clear(&body->malformed);
	return body->error->kind == ERROR_NONE;
}
