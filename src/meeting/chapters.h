/* The chapters of a composed file: who was there when. */
#ifndef CONFAB_MEETING_CHAPTERS_H
#define CONFAB_MEETING_CHAPTERS_H

#include "base/clock.h"
#include "meeting/segments.h"

enum {
	CHAPTER_NAMES_MAX = 16, /* in one chapter; "+N" stands for the others */
};

/* A shorter absence (a page is loaded again), and a chapter that would be shorter, are left out. */
#define CHAPTER_MIN (10 * SECOND)

/* Writes the chapters as WebVTT: one cue for each time with the same people, whose text is their
 * names, in the order in which they came. People are there while they have a track, with or without
 * a picture; a person without a name is not mentioned. `duration` is the plan's. The text lies in
 * the arena. The order of `tracks` does not matter. */
const char *chapters_write(
    struct arena *arena, const struct recorded_track *tracks, size_t count, int64_t duration);

#endif
