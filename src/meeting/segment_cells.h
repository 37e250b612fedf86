/* Which pictures a segment shows. */
#ifndef CONFAB_MEETING_SEGMENT_CELLS_H
#define CONFAB_MEETING_SEGMENT_CELLS_H

#include "meeting/segment_layout.h"

/* One picture of one track, in frames. */
struct appearance {
	const struct recorded_track *track;
	int64_t picture_from; /* microseconds */
	int64_t from, to;     /* frames */
	size_t person;        /* people are counted in the order in which they came */
};

/* The order of time. It is 0 only for the same picture. */
int appearance_compare(const struct appearance *one, const struct appearance *other);

/* Have the pictures the same shape, so that scaling is enough to replace one by the other? */
bool same_shape(const struct picture_size *a, const struct picture_size *b);

/* Chooses the cells of the segment [first, first + frames), and places them. `active` are the
 * pictures that are seen in it. Returns the size of what they fill. */
struct area segment_cells(struct arena *arena, struct segment *segment,
    const struct appearance *const *active, size_t count);

#endif
