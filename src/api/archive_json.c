/* An archive as JSON. */
#include "api/archive_json.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/visible_text.h"

static void add_milliseconds(struct json_object *object, const char *key, int64_t time)
{
	json_add_integer(object, key, time / MILLISECOND);
}

/* What the page needs to play the composed file; null: there is none. */
static struct json_object *media_json(const struct archive *archive)
{
	struct json_object *media;

	if (archive->links.composed == NULL)
		return NULL;
	media = json_object_new_object();
	json_add_text(media, "url", archive->links.composed);
	json_add_text(media, "poster", archive->links.poster);
	json_add_text(media, "thumbnails", archive->links.thumbnails);
	json_add_text(media, "chapters", archive->links.chapters);
	json_add_stored(media, "strip", archive->links.thumbnails == NULL ? NULL : archive->strip);
	return media;
}

static struct json_object *pictures_json(const struct recorded_track *track)
{
	struct json_object *pictures = json_object_new_array_ext((int)track->picture_count);

	for (size_t i = 0; i < track->picture_count; i++) {
		struct json_object *picture = json_object_new_object();

		add_milliseconds(picture, "from", track->pictures[i].from);
		add_milliseconds(picture, "to", track->pictures[i].to);
		json_object_array_add(pictures, picture);
	}
	return pictures;
}

static struct json_object *turns_json(const struct recorded_track *track)
{
	struct json_object *turns = json_object_new_array_ext((int)track->turn_count);

	for (size_t i = 0; i < track->turn_count; i++) {
		struct json_object *turn = json_object_new_object();

		add_milliseconds(turn, "at", track->turns[i].at);
		json_add_integer(turn, "degrees", track->turns[i].degrees);
		json_add_boolean(turn, "mirrored", track->turns[i].mirrored);
		json_object_array_add(turns, turn);
	}
	return turns;
}

static struct json_object *track_json(struct arena *arena, const struct archive_track *item)
{
	const struct recorded_track *track = &item->track;
	struct json_object *object = json_object_new_object();

	json_add_text(object, "file", track->file);
	json_add_text(object, "attendeeId", track->person);
	json_add_text(object, "name", visible_text_clean(arena, track->name));
	json_add_boolean(object, "screen", track->is_screen);
	add_milliseconds(object, "from", track->from);
	add_milliseconds(object, "to", track->to);
	json_add_boolean(object, "hasAudio", track->has_sound);
	json_add_boolean(object, "hasVideo", item->has_video);
	json_object_object_add(object, "pictures", pictures_json(track));
	json_object_object_add(object, "turns", turns_json(track));
	json_add_integer(object, "size", item->size);
	json_add_text(object, "url", item->url);
	return object;
}

static struct json_object *tracks_json(struct arena *arena, const struct archive_tracks *tracks)
{
	struct json_object *list;

	if (tracks == NULL || !tracks->known)
		return NULL;
	list = json_object_new_array_ext((int)tracks->count);
	for (size_t i = 0; i < tracks->count; i++)
		json_object_array_add(list, track_json(arena, &tracks->tracks[i]));
	return list;
}

static void picture_add(
    struct arena *arena, struct json_object *metadata, const struct archive *archive)
{
	json_add_text(metadata, "resolution",
	    archive->width == 0 || archive->height == 0
		? NULL
		: arena_printf(arena, "%dx%d", archive->width, archive->height));
}

static void progress_add(struct json_object *metadata, const struct archive *archive)
{
	if (archive->progress < 0)
		json_object_object_add(metadata, "progress", NULL);
	else
		json_add_integer(metadata, "progress", archive->progress);
}

/* The name may be a meeting's extId. That is not checked as text for people. */
struct json_object *archive_json(
    struct arena *arena, const struct archive *archive, const struct archive_tracks *tracks)
{
	struct json_object *object = json_object_new_object();
	struct json_object *metadata = json_object_new_object();

	json_add_text(object, "name", visible_text_clean(arena, archive->name));
	json_add_text(object, "sessionId", archive->session_id);
	json_object_object_add(object, "metaData", metadata);
	json_add_text(metadata, "id", archive->archive_id);
	json_add_text(metadata, "status", archive->status);
	json_add_time(metadata, "createdAt", archive->created_at);
	json_add_time(metadata, "stoppedAt", archive->stopped_at);
	json_add_integer(metadata, "duration", archive->duration);
	json_add_integer(metadata, "size", archive->size);
	json_add_text(metadata, "url", archive->url);
	json_add_boolean(metadata, "hasAudio", true);
	json_add_boolean(metadata, "hasVideo", true);
	picture_add(arena, metadata, archive);
	json_add_text(metadata, "outputMode", archive->output_mode);
	progress_add(metadata, archive);
	json_add_text(metadata, "reason", archive->reason);
	json_object_object_add(metadata, "media", media_json(archive));
	json_object_object_add(metadata, "tracks", tracks_json(arena, tracks));
	return object;
}

void archive_answer(struct request_context *context, const struct archive *archive,
    const struct archive_tracks *tracks)
{
	struct json_object *answer = archive_json(context->arena, archive, tracks);

	response_json(context->response, answer);
	json_object_put(answer);
}
