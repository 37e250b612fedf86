/* Removes a person's identity from JSON text. */
#include "meeting/identity.h"

#include <stdbool.h>
#include <string.h>

#include "base/json.h"

struct erasing {
	const struct identity *identity;
	bool changed;
};

/* The replacement of the text; NULL: it is no alias. */
static const char *replacement(const struct erasing *erasing, const char *text, bool other_person)
{
	const struct identity *identity = erasing->identity;

	for (size_t i = 0; i < identity->count; i++) {
		const struct alias *alias = &identity->aliases[i];

		if (strcmp(alias->from, text) == 0 && (alias->kind != ALIAS_NAME || !other_person))
			return alias->to;
	}
	return NULL;
}

static struct json_object *value_erase(
    struct erasing *erasing, struct json_object *value, bool other_person);

static struct json_object *object_erase(
    struct erasing *erasing, struct json_object *object, bool other_person)
{
	struct json_object *copy = json_object_new_object();
	const char *attendee = json_text_member(object, "attendee");
	bool other = attendee == NULL ? other_person
				      : strcmp(attendee, erasing->identity->aliases[0].from) != 0;

	json_object_object_foreach(object, key, value)
	{
		const char *name = replacement(erasing, key, other);

		erasing->changed = erasing->changed || name != NULL;
		json_object_object_add(
		    copy, name == NULL ? key : name, value_erase(erasing, value, other));
	}
	return copy;
}

static struct json_object *array_erase(
    struct erasing *erasing, struct json_object *array, bool other_person)
{
	size_t count = json_object_array_length(array);
	struct json_object *copy = json_object_new_array_ext((int)count);

	for (size_t i = 0; i < count; i++)
		json_object_array_add(
		    copy, value_erase(erasing, json_object_array_get_idx(array, i), other_person));
	return copy;
}

/* Copies the value. Values without text are shared. */
static struct json_object *value_erase(
    struct erasing *erasing, struct json_object *value, bool other_person)
{
	const char *text;

	switch (json_object_get_type(value)) {
	case json_type_object:
		return object_erase(erasing, value, other_person);
	case json_type_array:
		return array_erase(erasing, value, other_person);
	case json_type_string:
		text = replacement(erasing, json_object_get_string(value), other_person);
		if (text == NULL)
			break;
		erasing->changed = true;
		return json_object_new_string(text);
	default:
		break;
	}
	return json_object_get(value);
}

const char *identity_erase(struct arena *arena, const struct identity *identity, const char *text)
{
	struct erasing erasing = {.identity = identity};
	struct error error = {0};
	struct json_object *value, *copy;

	if (!json_parse(arena, text, strlen(text), &value, &error)) {
		error_clear(&error);
		return NULL;
	}
	copy = value_erase(&erasing, value, false);
	text = erasing.changed ? arena_strdup(arena, json_text(copy)) : NULL;
	json_object_put(copy);
	return text;
}
