/* What a meeting's extMetadata says for the people who are invited. */
#include "meeting/visit.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "base/visible_text.h"

enum { COLOR_LENGTH = 7 };

/* The members that are being read: of extMetadata, or of branding in it. */
struct reading {
	struct arena *arena;
	struct json_object *object;
	const char *path; /* of the object */
	struct error *error;
	bool good;
};

static void fault(struct reading *reading, const char *key, const char *rule, const char *says)
{
	char path[ERROR_PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", reading->path, key);
	reading->good = error_fault(reading->error, path, rule, NULL, "%s %s", key, says);
}

/* The member, or NULL when it is absent, null or of another type. Only the last is a fault. */
static struct json_object *member_read(
    struct reading *reading, const char *key, enum json_type type, const char *says)
{
	struct json_object *value;

	if (!json_object_object_get_ex(reading->object, key, &value) || value == NULL)
		return NULL;
	if (json_object_is_type(value, type))
		return value;
	fault(reading, key, "type", says);
	return NULL;
}

static const char *shown_read(struct reading *reading, const char *key, size_t max)
{
	struct json_object *value = member_read(reading, key, json_type_string, "must be text.");
	struct visible_text shown;

	if (value == NULL)
		return NULL;
	shown = visible_text_read(reading->arena, json_object_get_string(value),
	    json_has_nul(value) ? 0 : (size_t)json_object_get_string_len(value));
	if (shown.fault == VISIBLE_EMPTY)
		fault(reading, key, "minLength", "must have a character that can be seen.");
	else if (shown.fault == VISIBLE_FORBIDDEN)
		fault(reading, key, "pattern", "holds a character that cannot be seen.");
	else if (shown.characters > max)
		fault(reading, key, "maxLength", "is too long.");
	else
		return shown.text;
	return NULL;
}

static const char *formed_read(
    struct reading *reading, const char *key, bool (*good)(const char *text), const char *says)
{
	struct json_object *value = member_read(reading, key, json_type_string, says);
	const char *text;

	if (value == NULL)
		return NULL;
	text = json_object_get_string(value);
	if (!json_has_nul(value) && good(text))
		return arena_strdup(reading->arena, text);
	fault(reading, key, "pattern", says);
	return NULL;
}

static int64_t duration_read(struct reading *reading)
{
	static const char says[] = "must be whole minutes from 1 to 1440.";
	struct json_object *value = member_read(reading, "duration", json_type_int, says);
	int64_t minutes;

	if (value == NULL)
		return 0;
	minutes = json_object_get_int64(value);
	if (minutes >= 1 && minutes <= VISIT_DURATION_MAX)
		return minutes;
	fault(reading, "duration", "range", says);
	return 0;
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

static bool branding_read(struct reading *around, struct branding *branding)
{
	struct reading reading = {.arena = around->arena,
	    .object = member_read(around, "branding", json_type_object, "must be an object."),
	    .path = "/extMetadata/branding",
	    .error = around->error,
	    .good = true};

	if (reading.object == NULL)
		return true;
	branding->name = shown_read(&reading, "name", VISIT_BRAND_MAX);
	branding->color = formed_read(&reading, "color", visit_color_good, "must be #rrggbb.");
	branding->logo = formed_read(&reading, "logo", visit_logo_good,
	    "must be the name of a .svg, .png, .webp or .jpg file.");
	return reading.good;
}

bool visit_read(
    struct arena *arena, struct json_object *metadata, struct visit *visit, struct error *error)
{
	struct reading reading = {.arena = arena,
	    .object = metadata,
	    .path = "/extMetadata",
	    .error = error,
	    .good = true};

	*visit = (struct visit){.title = shown_read(&reading, "title", VISIT_TEXT_MAX),
	    .host = shown_read(&reading, "host", VISIT_TEXT_MAX),
	    .time_zone = formed_read(&reading, "timeZone", zone_good,
		"must be the name of a time zone, such as Europe/Berlin."),
	    .duration = duration_read(&reading)};
	return branding_read(&reading, &visit->branding) && reading.good;
}

bool visit_good(struct arena *arena, struct json_object *metadata, struct error *error)
{
	struct visit visit;

	return visit_read(arena, metadata, &visit, error);
}
