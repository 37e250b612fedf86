/* Values that change in the course of a track: its size, its orientation. */
#ifndef CONFAB_MEDIA_CHANGES_H
#define CONFAB_MEDIA_CHANGES_H

#include <stddef.h>
#include <stdint.h>

#include "base/json_writer.h"
#include "media/track.h"

enum { CHANGES_MAX = 1000 }; /* that are noted: more are an attack */

struct size_change {
	int64_t at;
	int width, height;
};

struct turn_change {
	int64_t at;
	int orientation; /* see struct sample */
};

/* Set the arena, in which the lists lie, and make the rest zero. */
struct changes {
	struct arena *arena;
	struct size_change *sizes;
	struct turn_change *turns;
	size_t size_count, size_room, turn_count, turn_room;
	int width, height; /* of the largest picture */
};

/* Notes the sample's size and orientation if they changed. `at` is its time, in microseconds. */
void changes_note(struct changes *changes, const struct sample *sample, int64_t at);

/* Writes the members width, height (of the largest picture; null: there was none), sizes
 * [{at,width,height}] and orientations [{at,degrees,mirrored}]. A picture must be turned by
 * `degrees` clockwise to be upright. `zero` is taken off the times. */
void changes_write(const struct changes *changes, int64_t zero, struct json_writer *writer);

#endif
