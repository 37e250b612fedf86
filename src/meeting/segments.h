/* The plan of a composed file: who is where in the picture, and when. Rules without I/O.
 *
 * The plan cuts the recording into segments. In one segment the same pictures lie at the same
 * places, so that each segment can be encoded alone and the segments can be joined without another
 * encoding. Segments have whole frames: rounded lengths would add up to seconds in an hour. */
#ifndef CONFAB_MEETING_SEGMENTS_H
#define CONFAB_MEETING_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum {
	SEGMENT_RATE = 24,                     /* frames a second of the composed file */
	SEGMENT_FRAMES_MIN = SEGMENT_RATE / 2, /* a nearer cut is left out */
	SEGMENT_FRAMES_MAX = 60 * SEGMENT_RATE,
	CANVAS_WIDTH = 1280, /* at most */
	CANVAS_HEIGHT = 720,
	CANVAS_WIDTH_MIN = 320,
	CANVAS_HEIGHT_MIN = 180,
	SEGMENT_PEOPLE_MAX = 16, /* with a picture */
	SEGMENT_SCREENS_MAX = 4,
};

#define LABEL_NONE SIZE_MAX

/* Times are microseconds after the recording's beginning. */
struct span {
	int64_t from, to;
};

/* From `at` on the pictures have this size, before they are turned. */
struct picture_size {
	int64_t at;
	int width, height;
};

/* From `at` on the pictures must be turned clockwise by 0, 90, 180 or 270 degrees. */
struct picture_turn {
	int64_t at;
	int degrees;
	bool mirrored;
};

/* A file of one participant, as `confab-media tracks` describes it. The lists are in the order of
 * time. */
struct recorded_track {
	const char *file;   /* its name; no two tracks have the same */
	const char *person; /* the attendee's id: the same for all devices of a person */
	const char *name;   /* that people see; NULL or "": none */
	bool is_screen, has_sound;
	int64_t from, to;            /* the file's time 0 is `from` */
	const struct span *pictures; /* when it has a picture to show */
	size_t picture_count;
	const struct picture_size *sizes;
	size_t size_count;
	const struct picture_turn *turns;
	size_t turn_count;
};

/* A picture on the canvas. All lengths and places are even numbers of pixels. */
struct cell {
	const struct recorded_track *track;
	int64_t picture_from; /* when the camera or the screen began to show this */
	int x, y;
	int width, height; /* of the picture when it is upright; at most its own size */
	int degrees;       /* how it must be turned */
	bool mirrored;
	size_t label; /* in the plan's list, or LABEL_NONE */
};

struct segment {
	int64_t first, frames; /* the number of its first frame, and how many it has */
	struct cell *cells;    /* screens first, then people in the order in which they came */
	size_t cell_count;
	size_t more;       /* pictures for which there is no place */
	size_t more_label; /* the text "+N"; LABEL_NONE when `more` is 0 */
};

/* A text that must be drawn as a picture. */
struct label {
	const char *text;
	int width, height; /* the most, and the whole; pixels */
};

struct segment_plan {
	int width, height; /* of the canvas */
	int64_t frames;
	int64_t duration;  /* microseconds */
	int64_t poster_at; /* a time with as many pictures as possible */
	struct segment *segments;
	size_t segment_count;
	struct label *labels; /* each text and size once */
	size_t label_count;
};

/* When frame number `frame` begins: microseconds. */
int64_t segment_time(int64_t frame);

/* How much work it is to encode the segment, in proportion to others: for the progress. */
int64_t segment_work(const struct segment *segment);

/* Plans the file. A segment ends where a picture comes, goes, turns or gets another shape, and
 * after 60 s. A cut less than 0.5 s after another one is left out: the picture is then seen later,
 * or stands still, for that long. The order of `tracks` does not matter; they must live as long as
 * the plan, which lies in the arena. `full_canvas`: the canvas is the largest one, whatever the
 * pictures need; so segments can be made before the recording ends, because a segment that has
 * ended does not change when more is recorded. */
struct segment_plan segments_plan(
    struct arena *arena, const struct recorded_track *tracks, size_t count, bool full_canvas);

#endif
