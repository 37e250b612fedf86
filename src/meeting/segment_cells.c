/* Which pictures a segment shows. */
#include "meeting/segment_cells.h"

#include <stdlib.h>
#include <string.h>

enum {
	SHAPE_PERCENT = 2, /* sizes whose shapes differ by less are scaled, not cut */
	PERCENT = 100,
	HALF_TURN = 180,
};

int appearance_compare(const struct appearance *one, const struct appearance *other)
{
	int order;

	if (one->from != other->from)
		return one->from < other->from ? -1 : 1;
	order = strcmp(one->track->file, other->track->file);
	return order != 0 ? order
			  : (one->picture_from > other->picture_from) -
				(one->picture_from < other->picture_from);
}

bool same_shape(const struct picture_size *a, const struct picture_size *b)
{
	int64_t one = (int64_t)a->width * b->height, other = (int64_t)b->width * a->height;
	int64_t difference = one > other ? one - other : other - one;

	return difference * PERCENT <= one * SHAPE_PERCENT;
}

static int64_t overlap(const struct appearance *seen, const struct segment *segment)
{
	int64_t from = seen->from > segment->first ? seen->from : segment->first;
	int64_t end = segment->first + segment->frames;

	return (seen->to < end ? seen->to : end) - from;
}

/* Screens first, then people in the order in which they came; of one person's pictures the one that
 * is seen for longer. */
struct candidate {
	const struct appearance *seen;
	int64_t frames;
};

static int candidate_compare(const void *a, const void *b)
{
	const struct candidate *one = a, *other = b;

	if (one->seen->track->is_screen != other->seen->track->is_screen)
		return one->seen->track->is_screen ? -1 : 1;
	if (one->seen->person != other->seen->person)
		return one->seen->person < other->seen->person ? -1 : 1;
	if (one->frames != other->frames)
		return one->frames > other->frames ? -1 : 1;
	return -appearance_compare(one->seen, other->seen);
}

static bool same_place(const struct candidate *a, const struct candidate *b)
{
	return a->seen->person == b->seen->person &&
	       a->seen->track->is_screen == b->seen->track->is_screen;
}

/* The last change at or before `time`; -1: there is none. */
static ptrdiff_t turn_at(const struct recorded_track *track, int64_t time)
{
	ptrdiff_t found = -1;

	for (size_t i = 0; i < track->turn_count && track->turns[i].at <= time; i++)
		found = (ptrdiff_t)i;
	return found;
}

/* Gives the cell the largest size that the picture has from `from` to `to`, of the shape that it
 * has in the middle. */
static void cell_size(struct cell *cell, int64_t from, int64_t to)
{
	const struct recorded_track *track = cell->track;
	const struct picture_size *shape = &track->sizes[0], *largest;

	for (size_t i = 1; i < track->size_count && track->sizes[i].at <= (from + to) / 2; i++)
		shape = &track->sizes[i];
	largest = shape;
	for (size_t i = 0; i < track->size_count; i++) {
		const struct picture_size *size = &track->sizes[i];
		int64_t until = i + 1 < track->size_count ? size[1].at : INT64_MAX;

		if (size->at < to && until > from && same_shape(size, shape) &&
		    size->width > largest->width)
			largest = size;
	}
	cell->width = cell->degrees % HALF_TURN == 0 ? largest->width : largest->height;
	cell->height = cell->degrees % HALF_TURN == 0 ? largest->height : largest->width;
}

static struct cell cell_new(const struct appearance *seen, const struct segment *segment)
{
	int64_t end = segment->first + segment->frames;
	int64_t from = segment_time(seen->from > segment->first ? seen->from : segment->first);
	int64_t to = segment_time(seen->to < end ? seen->to : end);
	ptrdiff_t turn = turn_at(seen->track, (from + to) / 2);
	struct cell cell = {
	    .track = seen->track, .picture_from = seen->picture_from, .label = LABEL_NONE};

	if (turn >= 0) {
		cell.degrees = seen->track->turns[turn].degrees;
		cell.mirrored = seen->track->turns[turn].mirrored;
	}
	cell_size(&cell, from, to);
	return cell;
}

/* Of what is seen now, the pictures that are seen in at least half of the segment. */
static size_t candidates_find(const struct segment *segment, const struct appearance *const *active,
    size_t count, struct candidate *candidates)
{
	size_t found = 0, kept = 0;

	for (size_t i = 0; i < count; i++) {
		int64_t frames = overlap(active[i], segment);

		if (frames * 2 >= segment->frames)
			candidates[found++] = (struct candidate){active[i], frames};
	}
	if (found > 1)
		qsort(candidates, found, sizeof *candidates, candidate_compare);
	for (size_t i = 0; i < found; i++) {
		if (kept == 0 || !same_place(&candidates[kept - 1], &candidates[i]))
			candidates[kept++] = candidates[i];
	}
	return kept;
}

struct area segment_cells(struct arena *arena, struct segment *segment,
    const struct appearance *const *active, size_t count)
{
	struct candidate *candidates = arena_alloc(arena, (count + 1) * sizeof *candidates);
	size_t places[] = {SEGMENT_PEOPLE_MAX, SEGMENT_SCREENS_MAX}; /* that are free */

	count = candidates_find(segment, active, count, candidates);
	segment->cells = arena_alloc(arena, (count + 1) * sizeof *segment->cells);
	for (size_t i = 0; i < count; i++) {
		size_t *place = &places[candidates[i].seen->track->is_screen];

		if (*place == 0) {
			segment->more++;
			continue;
		}
		--*place;
		segment->cells[segment->cell_count++] = cell_new(candidates[i].seen, segment);
	}
	return segment_layout(
	    segment->cells, segment->cell_count, SEGMENT_SCREENS_MAX - places[true]);
}
