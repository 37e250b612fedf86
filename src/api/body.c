/* Reads a request's body by a table: checks types and limits, and lists all faults. */
#include "api/body.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "base/visible_text.h"
#include "meeting/meeting.h"

struct body body_open(struct json_object *object, struct arena *arena, struct error *error)
{
	return (struct body){.object = object, .arena = arena, .error = error};
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

static void malformed(struct body *body, const char *key, const char *what)
{
	if (body->malformed.kind == ERROR_NONE)
		error_set(&body->malformed, ERROR_MALFORMED, "%s %s.", key, what);
}

/* Is the value of this type? If not, adds a fault. */
static bool typed(struct body *body, const struct body_field *field, struct json_object *value,
    enum json_type type, const char *type_name)
{
	if (json_object_is_type(value, type))
		return true;
	body_fault(body, field->name, "type", "%s must be %s.", field->name, type_name);
	return false;
}

static bool flag_read(
    struct body *body, const struct body_field *field, struct json_object *value, void *member)
{
	bool flag;

	if (!typed(body, field, value, json_type_boolean, "true or false"))
		return false;
	flag = json_object_get_boolean(value);
	memcpy(member, &flag, sizeof flag);
	return true;
}

static bool number_read(
    struct body *body, const struct body_field *field, struct json_object *value, void *member)
{
	int64_t number;

	if (!typed(body, field, value, json_type_int, "a whole number"))
		return false;
	number = json_object_get_int64(value);
	memcpy(member, &number, sizeof number);
	return true;
}

static bool date_text_read(
    struct body *body, const char *key, struct json_object *value, int64_t *time)
{
	if (!date_parse(
		json_object_get_string(value), (size_t)json_object_get_string_len(value), time)) {
		malformed(body, key, "is not an RFC 3339 date");
		return false;
	}
	*time -= *time % MILLISECOND;
	return true;
}

static bool date_number_read(
    struct body *body, const char *key, struct json_object *value, int64_t *time)
{
	int64_t number = json_object_get_int64(value);

	if (number < TIME_MIN / MILLISECOND || number > TIME_MAX / MILLISECOND) {
		malformed(body, key, "is beyond the year 9999");
		return false;
	}
	*time = number * MILLISECOND;
	return true;
}

static bool time_read(
    struct body *body, const struct body_field *field, struct json_object *value, void *member)
{
	const char *key = field->name;
	int64_t time;
	bool done;

	if (json_object_is_type(value, json_type_string)) {
		done = date_text_read(body, key, value, &time);
	} else if (json_object_is_type(value, json_type_int)) {
		done = date_number_read(body, key, value, &time);
	} else {
		body_fault(body, key, "type",
		    "%s must be an RFC 3339 date or a whole number of milliseconds since 1970.",
		    key);
		return false;
	}
	if (done)
		memcpy(member, &time, sizeof time);
	return done;
}

static bool length_check(
    struct body *body, const struct body_field *field, const char *text, size_t len)
{
	const char *unit = field->measure == BODY_BYTES ? "bytes" : "characters";

	if (field->measure == BODY_CHARACTERS)
		len = utf8_length(text, len);
	if (len < field->min) {
		body_fault(body, field->name, "minLength", "%s must have at least %zu %s.",
		    field->name, field->min, unit);
		return false;
	}
	if (len > field->max) {
		body_fault(body, field->name, "maxLength", "%s must have at most %zu %s.",
		    field->name, field->max, unit);
		return false;
	}
	return true;
}

static bool text_read(
    struct body *body, const struct body_field *field, struct json_object *value, void *member)
{
	const char *text;

	if (!typed(body, field, value, json_type_string, "text"))
		return false;
	if (json_has_nul(value)) {
		malformed(body, field->name, "holds a NUL character");
		return false;
	}
	text = json_object_get_string(value);
	if (!length_check(body, field, text, (size_t)json_object_get_string_len(value)))
		return false;
	if (field->good != NULL && !field->good(text)) {
		body_fault(body, field->name, field->rule, "%s %s", field->name, field->says);
		return false;
	}
	memcpy(member, &text, sizeof text);
	return true;
}

static bool visible_read(
    struct body *body, const struct body_field *field, struct json_object *value, void *member)
{
	const char *key = field->name;
	struct visible_text visible;

	if (!typed(body, field, value, json_type_string, "text"))
		return false;
	if (json_has_nul(value)) {
		malformed(body, key, "holds a NUL character");
		return false;
	}
	visible = visible_text_read(
	    body->arena, json_object_get_string(value), (size_t)json_object_get_string_len(value));
	if (visible.fault == VISIBLE_EMPTY)
		body_fault(body, key, "minLength",
		    "%s must have at least one character that can be seen.", key);
	else if (visible.fault == VISIBLE_FORBIDDEN)
		body_fault(body, key, "pattern",
		    "%s must not hold the character U+%04X, which cannot be seen.", key,
		    (unsigned)visible.forbidden);
	else if (visible.characters > field->max)
		body_fault(body, key, "maxLength", "%s must have at most %zu characters.", key,
		    field->max);
	else {
		memcpy(member, &visible.text, sizeof visible.text);
		return true;
	}
	return false;
}

static bool role_read(
    struct body *body, const struct body_field *field, struct json_object *value, void *member)
{
	/* Names of roles are shorter; the limit is for the message. */
	const struct body_field name = {
	    .name = field->name, .max = ATTENDEE_MAX, .measure = BODY_BYTES};
	const char *text;
	enum role role;

	if (!text_read(body, &name, value, &text))
		return false;
	if (!role_parse(text, &role)) {
		body_fault(body, field->name, "enum",
		    "%s must be subscriber, publisher or moderator.", field->name);
		return false;
	}
	memcpy(member, &role, sizeof role);
	return true;
}

static bool object_read(
    struct body *body, const struct body_field *field, struct json_object *value, void *member)
{
	const char *text;

	if (!typed(body, field, value, json_type_object, "an object"))
		return false;
	text = json_text(value);
	if (strlen(text) > field->max) {
		body_fault(body, field->name, "maxLength", "%s must have at most %zu bytes.",
		    field->name, field->max);
		return false;
	}
	if (json_depth(value) > field->depth_max) {
		body_fault(body, field->name, "maxDepth", "%s must be nested at most %u deep.",
		    field->name, field->depth_max);
		return false;
	}
	if (field->members != NULL && !field->members(body->arena, value, body->error))
		return false;
	text = arena_strdup(body->arena, text);
	memcpy(member, &text, sizeof text);
	return true;
}

typedef bool value_reader(
    struct body *body, const struct body_field *field, struct json_object *value, void *member);

static value_reader *const readers[] = {
    [BODY_TYPE_FLAG] = flag_read,
    [BODY_TYPE_NUMBER] = number_read,
    [BODY_TYPE_TIME] = time_read,
    [BODY_TYPE_TEXT] = text_read,
    [BODY_TYPE_VISIBLE] = visible_read,
    [BODY_TYPE_ROLE] = role_read,
    [BODY_TYPE_OBJECT] = object_read,
};

void body_read_fields(struct body *body, const struct body_field *fields, size_t count, void *wish)
{
	for (size_t i = 0; i < count; i++) {
		const struct body_field *field = &fields[i];
		const bool given = true;
		struct json_object *value;
		bool there = json_object_object_get_ex(body->object, field->name, &value);

		if (there && value == NULL && body->null_is_absent)
			there = false;
		if (!there && field->required)
			body_fault(body, field->name, "required", "%s is missing.", field->name);
		if (there &&
		    readers[field->type](body, field, value, (char *)wish + field->member) &&
		    field->given != 0)
			memcpy((char *)wish + field->given - 1, &given, sizeof given);
	}
}

bool body_close(struct body *body)
{
	if (body->error->kind == ERROR_NONE && body->malformed.kind != ERROR_NONE)
		*body->error = body->malformed;
	else
		error_clear(&body->malformed);
	return body->error->kind == ERROR_NONE;
}

bool body_read(struct request_context *context, const struct body_field *fields, size_t count,
    void *wish, struct error *error)
{
	struct body body = body_open(context->body, context->arena, error);

	body_read_fields(&body, fields, count, wish);
	return body_close(&body);
}
