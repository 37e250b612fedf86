/* What a meeting's extMetadata says for the people who are invited. */
#include "meeting/visit.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "base/visible_text.h"

enum { COLOR_LENGTH = 7 };

/* Reads text for people; NUL is a forbidden character. */
static struct visible_text visible_read(struct arena *arena, struct json_object *value)
{
	if (json_has_nul(value))
		return (struct visible_text){.fault = VISIBLE_FORBIDDEN};
	return visible_text_read(
	    arena, json_object_get_string(value), (size_t)json_object_get_string_len(value));
}

static const char *shown_read(
    struct arena *arena, struct json_object *object, const char *key, size_t max)
{
	struct json_object *value = json_member(object, key, json_type_string);
	struct visible_text shown;

	if (value == NULL)
		return NULL;
	shown = visible_read(arena, value);
	return shown.fault == VISIBLE_GOOD && shown.characters <= max ? shown.text : NULL;
}

static const char *formed_read(struct arena *arena, struct json_object *object, const char *key,
    bool (*good)(const char *text))
{
	struct json_object *value = json_member(object, key, json_type_string);

	if (value == NULL || json_has_nul(value) || !good(json_object_get_string(value)))
		return NULL;
	return arena_strdup(arena, json_object_get_string(value));
}

static int64_t duration_read(struct json_object *metadata)
{
	struct json_object *value = json_member(metadata, "duration", json_type_int);
	int64_t minutes = value == NULL ? 0 : json_object_get_int64(value);

	return minutes >= 1 && minutes <= VISIT_DURATION_MAX ? minutes : 0;
}

/* A name of the IANA time zone database by its form. Only the browser knows whether it exists. */
static bool zone_good(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len > VISIT_ZONE_MAX || !isalpha((unsigned char)*text))
		return false;
	for (; *text != '\0'; text++) {
		if (!isalnum((unsigned char)*text) && strchr("_+-/", *text) == NULL)
			return false;
	}
	return true;
}

bool visit_color_good(const char *text)
{
	return strlen(text) == COLOR_LENGTH && *text == '#' &&
	       strspn(text + 1, "0123456789abcdefABCDEF") == COLOR_LENGTH - 1;
}

bool visit_logo_good(const char *text)
{
	static const char *const endings[] = {".svg", ".png", ".webp", ".jpg"};
	const char *ending = strrchr(text, '.');

	if (!text_plain(text, VISIT_LOGO_MAX) || !isalnum((unsigned char)*text) || ending == NULL)
		return false;
	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
		if (strcmp(ending, endings[i]) == 0)
			return true;
	}
	return false;
}

static struct branding branding_read(struct arena *arena, struct json_object *metadata)
{
	struct json_object *object = json_member(metadata, "branding", json_type_object);

	return (struct branding){.name = shown_read(arena, object, "name", VISIT_BRAND_MAX),
	    .color = formed_read(arena, object, "color", visit_color_good),
	    .logo = formed_read(arena, object, "logo", visit_logo_good)};
}

struct visit visit_read(struct arena *arena, struct json_object *metadata)
{
	return (struct visit){.title = shown_read(arena, metadata, "title", VISIT_TEXT_MAX),
	    .host = shown_read(arena, metadata, "host", VISIT_TEXT_MAX),
	    .time_zone = formed_read(arena, metadata, "timeZone", zone_good),
	    .duration = duration_read(metadata),
	    .branding = branding_read(arena, metadata)};
}

static bool blank(const char *text)
{
	return text[strspn(text, " ")] == '\0';
}

/* Is text for people free of forbidden characters, and not only of invisible ones? Text without any
 * character but blanks is. */
static bool shown_good(struct arena *arena, struct json_object *object, const char *folder,
    const char *key, struct error *error)
{
	struct json_object *value = json_member(object, key, json_type_string);
	char path[ERROR_PATH_MAX];
	struct visible_text shown;

	if (value == NULL)
		return true;
	shown = visible_read(arena, value);
	snprintf(path, sizeof path, "%s/%s", folder, key);
	if (shown.fault == VISIBLE_FORBIDDEN)
		return error_fault(error, path, "pattern", NULL,
		    "%s must not hold the character U+%04X, which cannot be seen.", key,
		    (unsigned)shown.forbidden);
	if (shown.fault == VISIBLE_EMPTY && !blank(json_object_get_string(value)))
		return error_fault(error, path, "minLength", NULL,
		    "%s must have at least one character that can be seen.", key);
	return true;
}

bool visit_good(struct arena *arena, struct json_object *metadata, struct error *error)
{
	struct json_object *branding = json_member(metadata, "branding", json_type_object);
	bool title = shown_good(arena, metadata, "/extMetadata", "title", error);
	bool host = shown_good(arena, metadata, "/extMetadata", "host", error);
	bool name = shown_good(arena, branding, "/extMetadata/branding", "name", error);

	return title && host && name;
}
