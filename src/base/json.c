/* JSON values: json-c, behind a strict check. */
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_check.h"

/* The path from the root to a value. It is written as a JSON pointer. */
struct path {
	const struct path *parent;
	const char *key; /* NULL: an item of an array */
	size_t index;
};

/* Writes a key as a part of a JSON pointer (RFC 6901): ~ becomes ~0, and / becomes ~1. */
static size_t key_write(const char *key, char *text, size_t size)
{
	size_t used = 0;

	for (; *key != '\0' && used + 2 < size; key++) {
		if (*key == '~' || *key == '/') {
			text[used++] = '~';
			text[used++] = *key == '~' ? '0' : '1';
		} else {
			text[used++] = *key;
		}
	}
	text[used] = '\0';
	return used;
}

/* Writes as much as fits into `size` bytes (at least 1). Returns the number of bytes, without the
 * NUL. */
static size_t path_write(const struct path *path, char *text, size_t size)
{
	size_t used;
	int len;

	if (path->parent == NULL)
		return 0;
	used = path_write(path->parent, text, size);
	if (size - used < 2)
		return used;
	if (path->key != NULL) {
		text[used++] = '/';
		return used + key_write(path->key, text + used, size - used);
	}
	len = snprintf(text + used, size - used, "/%zu", path->index);
	return (size_t)len < size - used ? used + (size_t)len : size - 1;
}

static void number_fault(const struct path *path, const char *rule, struct error *error)
{
	char text[ERROR_MESSAGE_MAX / 2] = "";

	path_write(path, text, sizeof text);
	error_fault(error, text, rule, NULL, "The number is too large to be kept exactly.");
}

static void numbers_check(struct json_object *value, const struct path *path, struct error *error)
{
	switch (json_object_get_type(value)) {
	case json_type_int: {
		/* json-c reads a number outside of int64_t as the nearest int64_t, so this
		 * comparison finds it. */
		int64_t number = json_object_get_int64(value);

		if (number > JSON_INTEGER_MAX || number < -JSON_INTEGER_MAX)
			number_fault(path, "integerRange", error);
		break;
	}
	case json_type_double:
		if (!isfinite(json_object_get_double(value)))
			number_fault(path, "numberRange", error);
		break;
	case json_type_array:
		for (size_t i = 0; i < json_object_array_length(value); i++) {
			struct path item = {.parent = path, .index = i};

			numbers_check(json_object_array_get_idx(value, i), &item, error);
		}
		break;
	case json_type_object: {
		json_object_object_foreach(value, key, member)
		{
			struct path item = {.parent = path, .key = key};

			numbers_check(member, &item, error);
		}
		break;
	}
	default:
		break;
	}
}

static void release(void *value)
{
	json_object_put(value);
}

void json_own(struct arena *arena, struct json_object *value)
{
	if (value != NULL)
		arena_defer(arena, release, value);
}

/* Skips a byte order mark: RFC 8259 (8.1) allows a reader to ignore it. */
static void mark_skip(const char **text, size_t *len)
{
	static const char mark[] = {'\xEF', '\xBB', '\xBF'};

	if (*len < sizeof mark || memcmp(*text, mark, sizeof mark) != 0)
		return;
	*text += sizeof mark;
	*len -= sizeof mark;
}

bool json_parse(struct arena *arena, const char *text, size_t len, struct json_object **value,
    struct error *error)
{
	const struct path root = {0};
	struct json_tokener *tokener;
	enum json_tokener_error outcome;

	*value = NULL;
	mark_skip(&text, &len);
	if (!json_check(text, len, JSON_DEPTH_MAX, error))
		return false;
	/* json-c counts one level more than json_check(). json-c waits for the end of a bare
	 * number: the NUL after the copy is that end. */
	tokener = json_tokener_new_ex(JSON_DEPTH_MAX + 2);
	*value = json_tokener_parse_ex(tokener, arena_strndup(arena, text, len), (int)len + 1);
	outcome = json_tokener_get_error(tokener);
	json_tokener_free(tokener);
	json_own(arena, *value);
	if (outcome != json_tokener_success)
		return error_set(error, ERROR_MALFORMED, "Malformed JSON: %s.",
		    json_tokener_error_desc(outcome));
	numbers_check(*value, &root, error);
	return error->kind == ERROR_NONE;
}

const char *json_text(struct json_object *value)
{
	return json_object_to_json_string_ext(
	    value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

char *json_text_take(struct arena *arena, struct json_object *value)
{
	char *text = arena_strdup(arena, json_text(value));

	json_object_put(value);
	return text;
}

struct json_object *json_member(struct json_object *object, const char *key, enum json_type type)
{
	struct json_object *member;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, key, &member) || !json_object_is_type(member, type))
		return NULL;
	return member;
}

bool json_has_nul(struct json_object *string)
{
	return memchr(json_object_get_string(string), '\0',
		   (size_t)json_object_get_string_len(string)) != NULL;
}

const char *json_text_member(struct json_object *object, const char *key)
{
	struct json_object *member = json_member(object, key, json_type_string);

	return member == NULL || json_has_nul(member) ? NULL : json_object_get_string(member);
}

bool json_integer_member(struct json_object *object, const char *key, int64_t *value)
{
	struct json_object *member = json_member(object, key, json_type_int);

	if (member == NULL)
		return false;
	*value = json_object_get_int64(member);
	return true;
}

unsigned json_depth(struct json_object *value)
{
	unsigned deepest = 0;

	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++) {
			unsigned depth = json_depth(json_object_array_get_idx(value, i));

			deepest = depth > deepest ? depth : deepest;
		}
		return deepest + 1;
	}
	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member)
		{
			unsigned depth = json_depth(member);

			(void)key;
			deepest = depth > deepest ? depth : deepest;
		}
		return deepest + 1;
	}
	return 0;
}

/* Does not look for an equal key, and does not copy the key. */
static void member_add(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add_ex(
	    object, key, value, JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY);
}

void json_add_text(struct json_object *object, const char *key, const char *text)
{
	member_add(object, key, text == NULL ? NULL : json_object_new_string(text));
}

void json_add_integer(struct json_object *object, const char *key, int64_t value)
{
	member_add(object, key, json_object_new_int64(value));
}

void json_add_boolean(struct json_object *object, const char *key, bool value)
{
	member_add(object, key, json_object_new_boolean(value));
}

void json_add_time(struct json_object *object, const char *key, int64_t time)
{
	char text[DATE_TEXT_MAX];

	json_add_text(object, key, time == TIME_NONE ? NULL : date_format(time, text));
}

void json_add_stored(struct json_object *object, const char *key, const char *text)
{
	struct json_object *raw;

	if (text == NULL) {
		member_add(object, key, NULL);
		return;
	}
	raw = json_object_new_object();
	json_object_set_serializer(
	    raw, json_object_userdata_to_json_string, (void *)(uintptr_t)text, NULL);
	member_add(object, key, raw);
}
