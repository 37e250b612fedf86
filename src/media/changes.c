/* Values that change in the course of a track. */
#include "media/changes.h"

#include "media/grow.h"

static void size_note(struct changes *changes, const struct frame *frame, int64_t at)
{
	size_t count = changes->size_count;
	const struct size_change *last = count > 0 ? &changes->sizes[count - 1] : NULL;

	if ((int64_t)frame->width * frame->height > (int64_t)changes->width * changes->height) {
		changes->width = frame->width;
		changes->height = frame->height;
	}
	if (count == CHANGES_MAX ||
	    (last != NULL && last->width == frame->width && last->height == frame->height))
		return;
	changes->sizes = array_grow(
	    changes->arena, changes->sizes, count, &changes->size_room, sizeof *changes->sizes);
	changes->sizes[changes->size_count++] =
	    (struct size_change){.at = at, .width = frame->width, .height = frame->height};
}

void changes_note(struct changes *changes, const struct sample *sample, int64_t at)
{
	size_t count = changes->turn_count;
	int before = count > 0 ? changes->turns[count - 1].orientation : 0;

	if (sample->frame->key && sample->frame->width > 0)
		size_note(changes, sample->frame, at);
	if (sample->orientation == before || count == CHANGES_MAX)
		return;
	changes->turns = array_grow(
	    changes->arena, changes->turns, count, &changes->turn_room, sizeof *changes->turns);
	changes->turns[changes->turn_count++] =
	    (struct turn_change){.at = at, .orientation = sample->orientation};
}

static void size_write(struct json_writer *writer, const char *key, int pixels)
{
	if (pixels > 0)
		json_write_integer(writer, key, pixels);
	else
		json_write_stored(writer, key, NULL);
}

void changes_write(const struct changes *changes, int64_t zero, struct json_writer *writer)
{
	enum { TURNS = 3, MIRRORED = 4, QUARTER = 90 };

	size_write(writer, "width", changes->width);
	size_write(writer, "height", changes->height);
	json_write_array(writer, "sizes");
	for (size_t i = 0; i < changes->size_count; i++) {
		json_write_object(writer, NULL);
		json_write_integer(writer, "at", changes->sizes[i].at - zero);
		json_write_integer(writer, "width", changes->sizes[i].width);
		json_write_integer(writer, "height", changes->sizes[i].height);
		json_close_object(writer);
	}
	json_close_array(writer);
	json_write_array(writer, "orientations");
	for (size_t i = 0; i < changes->turn_count; i++) {
		int orientation = changes->turns[i].orientation;

		json_write_object(writer, NULL);
		json_write_integer(writer, "at", changes->turns[i].at - zero);
		json_write_integer(writer, "degrees", (int64_t)(orientation & TURNS) * QUARTER);
		json_write_boolean(writer, "mirrored", (orientation & MIRRORED) != 0);
		json_close_object(writer);
	}
	json_close_array(writer);
}
