/* Composing an archive: the plan, and the steps that are the same during and after the call. */
#ifndef CONFAB_SERVICE_PROCESSING_SEGMENTS_H
#define CONFAB_SERVICE_PROCESSING_SEGMENTS_H

#include "archive/compose.h"
#include "base/buffer.h"
#include "service/processing_run.h"

enum {
	COMPOSITION_MIX_WORK = 1, /* of the sound, in the unit of segment_work(), for each frame */
};

/* One run that composes. Text and lists lie in the arena. */
struct composition {
	struct processing processing;
	struct composing composing;
	struct recorded_track *tracks;
	size_t track_count;
	struct segment_plan plan;
	const char **labels;   /* their paths */
	const char **segments; /* the names of their files */
	const char *mix;       /* the path of the sound */
	struct compose_progress progress;
	int64_t present_work; /* of the program that runs */
	int64_t
	    present_size; /* frames or microseconds that it makes; 0: its progress is not told */
	bool by_time;     /* present_size is a time */
	struct buffer answer; /* of ffprobe */
	bool changed;
};

/* Reads these tracks (as archives.tracks has them) with the names of their people, and makes the
 * plan. With RECORDING_LIVE the canvas does not depend on what is recorded later. */
bool composition_open(struct composition *run, const char *tracks, struct error *error);

/* Draws the names that an earlier run has not drawn. */
bool composition_labels(struct composition *run, struct error *error);

/* Encodes the segment, if an earlier run has not. Needs the labels. */
bool composition_segment(struct composition *run, size_t index, struct error *error);

/* A name for a file, which is another one when the arguments are: "segment-<begin>-…". */
const char *composition_name(const struct composition *run, const char *begin,
    const char *const *arguments, const char *end);

/* Runs a program that makes a file: see processing_make(). Its progress is counted between the next
 * two: `work` in the unit of segment_work(), `size` in frames, or in microseconds if `by_time`. */
bool composition_make(struct composition *run, const char *name, const char *what,
    const char *const *arguments, struct error *error);
void composition_begin(struct composition *run, int64_t work, int64_t size, bool by_time);
void composition_end(struct composition *run);

/* Takes a line of the program's progress; the context is the run. */
void composition_progress(void *context, const char *line);

#endif
