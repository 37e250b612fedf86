/* The answer of `confab-media tracks`. */
#include "meeting/recorded_tracks.h"

#include <string.h>

#include "base/text.h"

enum {
	FILE_NAME_MAX = 200, /* bytes */
	PIXELS_MAX = 16384,
	TURN_MOST = 270,
	QUARTER = 90,
};

/* An array of objects, and its length. */
struct items {
	struct json_object *array;
	size_t count;
};

static bool items_read(struct json_object *object, const char *key, struct items *items)
{
	items->array = json_member(object, key, json_type_array);
	items->count = items->array == NULL ? 0 : json_object_array_length(items->array);
	return items->array != NULL;
}

static bool span_read(struct json_object *object, struct span *span)
{
	return json_integer_member(object, "from", &span->from) &&
	       json_integer_member(object, "to", &span->to) && span->from <= span->to;
}

static bool pictures_read(
    struct arena *arena, struct json_object *object, struct recorded_track *track)
{
	struct items items;
	struct span *spans;

	if (!items_read(object, "pictures", &items))
		return false;
	spans = arena_alloc(arena, (items.count + 1) * sizeof *spans);
	for (size_t i = 0; i < items.count; i++) {
		if (!span_read(json_object_array_get_idx(items.array, i), &spans[i]))
			return false;
	}
	track->pictures = spans;
	track->picture_count = items.count;
	return true;
}

static bool pixels_read(struct json_object *object, const char *key, int *pixels)
{
	int64_t number;

	if (!json_integer_member(object, key, &number) || number < 1 || number > PIXELS_MAX)
		return false;
	*pixels = (int)number;
	return true;
}

static bool sizes_read(
    struct arena *arena, struct json_object *object, struct recorded_track *track)
{
	struct items items;
	struct picture_size *sizes;

	if (!items_read(object, "sizes", &items))
		return false;
	sizes = arena_alloc(arena, (items.count + 1) * sizeof *sizes);
	for (size_t i = 0; i < items.count; i++) {
		struct json_object *item = json_object_array_get_idx(items.array, i);

		if (!json_integer_member(item, "at", &sizes[i].at) ||
		    !pixels_read(item, "width", &sizes[i].width) ||
		    !pixels_read(item, "height", &sizes[i].height))
			return false;
	}
	track->sizes = sizes;
	track->size_count = items.count;
	return true;
}

static bool turns_read(
    struct arena *arena, struct json_object *object, struct recorded_track *track)
{
	struct items items;
	struct picture_turn *turns;

	if (!items_read(object, "orientations", &items))
		return false;
	turns = arena_alloc(arena, (items.count + 1) * sizeof *turns);
	for (size_t i = 0; i < items.count; i++) {
		struct json_object *item = json_object_array_get_idx(items.array, i);
		int64_t degrees;

		if (!json_integer_member(item, "at", &turns[i].at) ||
		    !json_integer_member(item, "degrees", &degrees) || degrees < 0 ||
		    degrees > TURN_MOST || degrees % QUARTER != 0)
			return false;
		turns[i].degrees = (int)degrees;
		turns[i].mirrored =
		    json_object_get_boolean(json_member(item, "mirrored", json_type_boolean));
	}
	track->turns = turns;
	track->turn_count = items.count;
	return true;
}

static bool track_read(
    struct arena *arena, struct json_object *object, struct recorded_track *track)
{
	struct span span;

	*track = (struct recorded_track){.file = json_text_member(object, "file"),
	    .person = json_text_member(object, "attendee"),
	    .is_screen = json_object_get_boolean(json_member(object, "screen", json_type_boolean)),
	    .has_sound = json_text_member(object, "audio") != NULL};
	/* The file's name becomes a part of a path. */
	if (track->file == NULL || !text_plain(track->file, FILE_NAME_MAX) || *track->file == '.' ||
	    track->person == NULL || !span_read(object, &span))
		return false;
	track->from = span.from;
	track->to = span.to;
	return pictures_read(arena, object, track) && sizes_read(arena, object, track) &&
	       turns_read(arena, object, track);
}

bool recorded_tracks_read(struct arena *arena, struct json_object *answer,
    struct recorded_track **tracks, size_t *count, struct error *error)
{
	struct items items;
	bool good = items_read(answer, "tracks", &items);

	*tracks = arena_alloc(arena, (items.count + 1) * sizeof(**tracks));
	*count = items.count;
	for (size_t i = 0; good && i < items.count; i++)
		good = track_read(arena, json_object_array_get_idx(items.array, i), &(*tracks)[i]);
	return good || error_set(error, ERROR_INTERNAL,
			   "The answer of confab-media about the tracks cannot be used.");
}

bool recorded_tracks_without(
    struct arena *arena, const char *tracks, const char *person, const char **others)
{
	struct error error = {0};
	struct json_object *list, *kept;
	size_t count;

	if (!json_parse(arena, tracks, strlen(tracks), &list, &error) ||
	    !json_object_is_type(list, json_type_array)) {
		error_clear(&error);
		return false;
	}
	count = json_object_array_length(list);
	kept = json_object_new_array();
	json_own(arena, kept);
	for (size_t i = 0; i < count; i++) {
		struct json_object *track = json_object_array_get_idx(list, i);

		if (!text_equal(json_text_member(track, "attendee"), person))
			json_object_array_add(kept, json_object_get(track));
	}
	*others = arena_strdup(arena, json_text(kept));
	return json_object_array_length(kept) < count;
}
