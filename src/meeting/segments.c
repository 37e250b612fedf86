/* The plan of a composed file. */
#include "meeting/segments.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "meeting/segment_cells.h"

enum {
	LABEL_SHARE = 12, /* the height of a label in that of its picture */
	LABEL_MIN = 14,
	LABEL_MAX = 28,
};

struct planning {
	struct arena *arena;
	const struct recorded_track **tracks; /* sorted by person */
	size_t track_count;
	struct appearance *appearances; /* sorted by `from` */
	size_t appearance_count;
	int64_t *cuts; /* frames, sorted */
	size_t cut_count, cut_room;
	struct area *areas; /* what the cells of each segment fill */
	size_t label_room, segment_room, area_room;
	struct segment_plan plan;
};

/* ---- small things ---- */

int64_t segment_time(int64_t frame)
{
	return (frame * SECOND + SEGMENT_RATE / 2) / SEGMENT_RATE;
}

int64_t segment_work(const struct segment *segment)
{
	enum { ENCODER = 10, PICTURE = 2 }; /* measured: the encoder sees one canvas */

	return segment->frames * (ENCODER + PICTURE * (int64_t)segment->cell_count);
}

/* The frame that is nearest to a time. */
static int64_t frame_at(int64_t time)
{
	return time <= 0 ? 0 : (time * SEGMENT_RATE + SECOND / 2) / SECOND;
}

static int number_compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static void *grow(struct arena *arena, void *items, size_t count, size_t *room, size_t size)
{
	enum { FIRST = 16 };
	void *larger;

	if (count < *room)
		return items;
	*room = *room == 0 ? FIRST : *room * 2;
	larger = arena_alloc(arena, *room * size);
	if (count > 0)
		memcpy(larger, items, count * size);
	return larger;
}

/* ---- people and their pictures ---- */

static int track_compare(const void *a, const void *b)
{
	const struct recorded_track *one = *(const struct recorded_track *const *)a;
	const struct recorded_track *other = *(const struct recorded_track *const *)b;
	int order = strcmp(one->person, other->person);

	if (order == 0)
		order = number_compare(one->from, other->from);
	return order != 0 ? order : strcmp(one->file, other->file);
}

/* People sorted by their first track. */
struct person {
	const struct recorded_track *first;
	size_t track; /* where their tracks begin */
	size_t track_count;
};

static int person_compare(const void *a, const void *b)
{
	const struct person *one = a, *other = b;
	int order = number_compare(one->first->from, other->first->from);

	return order != 0 ? order : strcmp(one->first->person, other->first->person);
}

static int appearance_order(const void *a, const void *b)
{
	return appearance_compare(a, b);
}

static void cut_add(struct planning *planning, int64_t frame)
{
	planning->cuts = grow(planning->arena, planning->cuts, planning->cut_count,
	    &planning->cut_room, sizeof *planning->cuts);
	planning->cuts[planning->cut_count++] = frame;
}

/* Cuts where the picture turns or gets another shape. */
static void changes_cut(struct planning *planning, const struct appearance *seen)
{
	const struct recorded_track *track = seen->track;

	for (size_t i = 1; i < track->size_count; i++) {
		int64_t at = frame_at(track->sizes[i].at);

		if (at > seen->from && at < seen->to &&
		    !same_shape(&track->sizes[i - 1], &track->sizes[i]))
			cut_add(planning, at);
	}
	for (size_t i = 0; i < track->turn_count; i++) {
		int64_t at = frame_at(track->turns[i].at);

		if (at > seen->from && at < seen->to)
			cut_add(planning, at);
	}
}

static void appearances_add(
    struct planning *planning, const struct recorded_track *track, size_t person)
{
	for (size_t i = 0; track->size_count > 0 && i < track->picture_count; i++) {
		struct appearance seen = {.track = track,
		    .picture_from = track->pictures[i].from,
		    .from = frame_at(track->pictures[i].from),
		    .to = frame_at(track->pictures[i].to),
		    .person = person};

		if (seen.from >= seen.to)
			continue;
		planning->appearances[planning->appearance_count++] = seen;
		cut_add(planning, seen.from);
		cut_add(planning, seen.to);
		changes_cut(planning, &seen);
	}
}

static void people_find(struct planning *planning)
{
	struct person *people =
	    arena_alloc(planning->arena, (planning->track_count + 1) * sizeof *people);
	size_t count = 0, pictures = 0;

	for (size_t i = 0; i < planning->track_count; i++) {
		const struct recorded_track *track = planning->tracks[i];

		pictures += track->picture_count;
		if (count == 0 || strcmp(people[count - 1].first->person, track->person) != 0)
			people[count++] = (struct person){.first = track, .track = i};
		people[count - 1].track_count++;
	}
	qsort(people, count, sizeof *people, person_compare);
	planning->appearances =
	    arena_alloc(planning->arena, (pictures + 1) * sizeof *planning->appearances);
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < people[i].track_count; j++)
			appearances_add(planning, planning->tracks[people[i].track + j], i);
	}
	qsort(planning->appearances, planning->appearance_count, sizeof *planning->appearances,
	    appearance_order);
}

/* ---- cuts ---- */

static int frame_compare(const void *a, const void *b)
{
	return number_compare(*(const int64_t *)a, *(const int64_t *)b);
}

/* The end of the segment that begins at `from`. `*cut` is the first cut that may matter. It depends
 * on later cuts only near the recording's end. */
static int64_t segment_end(const struct planning *planning, int64_t from, size_t *cut)
{
	int64_t end = planning->plan.frames, to = from + SEGMENT_FRAMES_MAX;

	while (*cut < planning->cut_count && planning->cuts[*cut] < from + SEGMENT_FRAMES_MIN)
		++*cut;
	if (*cut < planning->cut_count && planning->cuts[*cut] < to)
		to = planning->cuts[*cut];
	if (to <= end - SEGMENT_FRAMES_MIN)
		return to;
	/* What would be left is too short for a segment. */
	return end - from <= SEGMENT_FRAMES_MAX ? end : end - SEGMENT_FRAMES_MIN;
}

/* ---- labels ---- */

static size_t label_find(struct planning *planning, const char *text, const struct cell *cell)
{
	struct segment_plan *plan = &planning->plan;
	int height = cell->height / LABEL_SHARE;
	struct label label = {.text = text, .width = cell->width};

	if (text == NULL || *text == '\0')
		return LABEL_NONE;
	label.height = (height < LABEL_MIN      ? LABEL_MIN
			   : height > LABEL_MAX ? LABEL_MAX
						: height) &
		       ~1;
	for (size_t i = 0; i < plan->label_count; i++) {
		if (plan->labels[i].width == label.width &&
		    plan->labels[i].height == label.height &&
		    text_equal(plan->labels[i].text, text))
			return i;
	}
	plan->labels = grow(planning->arena, plan->labels, plan->label_count, &planning->label_room,
	    sizeof *plan->labels);
	plan->labels[plan->label_count] = label;
	return plan->label_count++;
}

static void labels_find(struct planning *planning, struct segment *segment)
{
	static const struct cell corner = {
	    .width = CANVAS_WIDTH_MIN, .height = LABEL_MAX * LABEL_SHARE};

	for (size_t i = 0; i < segment->cell_count; i++)
		segment->cells[i].label =
		    label_find(planning, segment->cells[i].track->name, &segment->cells[i]);
	segment->more_label =
	    segment->more == 0 ? LABEL_NONE
			       : label_find(planning,
				     arena_printf(planning->arena, "+%zu", segment->more), &corner);
}

/* ---- the whole ---- */

/* The pictures of the present segment. */
struct window {
	const struct appearance **active;
	size_t count;
	size_t next; /* the first appearance that has not come yet */
};

static void window_move(
    const struct planning *planning, struct window *window, int64_t from, int64_t to)
{
	size_t kept = 0;

	while (window->next < planning->appearance_count &&
	       planning->appearances[window->next].from < to)
		window->active[window->count++] = &planning->appearances[window->next++];
	for (size_t i = 0; i < window->count; i++) {
		if (window->active[i]->to > from)
			window->active[kept++] = window->active[i];
	}
	window->count = kept;
}

/* Adds a segment; `area` is what its cells fill. */
static void segment_add(struct planning *planning, const struct segment *segment, struct area area)
{
	struct segment_plan *plan = &planning->plan;

	plan->segments = grow(planning->arena, plan->segments, plan->segment_count,
	    &planning->segment_room, sizeof *plan->segments);
	planning->areas = grow(planning->arena, planning->areas, plan->segment_count,
	    &planning->area_room, sizeof *planning->areas);
	planning->areas[plan->segment_count] = area;
	plan->segments[plan->segment_count++] = *segment;
	if (area.width > plan->width)
		plan->width = area.width;
	if (area.height > plan->height)
		plan->height = area.height;
}

/* Puts the pictures of each segment in the middle of the canvas. */
static void cells_center(const struct planning *planning)
{
	const struct segment_plan *plan = &planning->plan;

	for (size_t i = 0; i < plan->segment_count; i++) {
		for (size_t j = 0; j < plan->segments[i].cell_count; j++) {
			struct cell *cell = &plan->segments[i].cells[j];

			cell->x += ((plan->width - planning->areas[i].width) / 2) & ~1;
			cell->y += ((plan->height - planning->areas[i].height) / 2) & ~1;
		}
	}
}

static void segments_find(struct planning *planning)
{
	struct window window = {.active = arena_alloc(planning->arena,
				    (planning->appearance_count + 1) * sizeof(*window.active))};
	size_t cut = 0;

	for (int64_t from = 0; from < planning->plan.frames;) {
		int64_t to = segment_end(planning, from, &cut);
		struct segment segment = {.first = from, .frames = to - from};
		struct area area;

		window_move(planning, &window, from, to);
		area = segment_cells(planning->arena, &segment, window.active, window.count);
		labels_find(planning, &segment);
		segment_add(planning, &segment, area);
		from = to;
	}
	cells_center(planning);
}

static void poster_find(struct segment_plan *plan)
{
	const struct segment *best = NULL;

	for (size_t i = 0; i < plan->segment_count; i++) {
		const struct segment *segment = &plan->segments[i];

		if (best == NULL || segment->cell_count > best->cell_count ||
		    (segment->cell_count == best->cell_count && segment->frames > best->frames))
			best = segment;
	}
	if (best != NULL)
		plan->poster_at = segment_time(best->first + best->frames / 2);
}

struct segment_plan segments_plan(
    struct arena *arena, const struct recorded_track *tracks, size_t count, bool full_canvas)
{
	struct planning planning = {.arena = arena, .track_count = count};
	struct segment_plan *plan = &planning.plan;

	plan->width = full_canvas ? CANVAS_WIDTH : CANVAS_WIDTH_MIN;
	plan->height = full_canvas ? CANVAS_HEIGHT : CANVAS_HEIGHT_MIN;
	planning.tracks = arena_alloc(arena, (count + 1) * sizeof(*planning.tracks));
	for (size_t i = 0; i < count; i++) {
		int64_t to = frame_at(tracks[i].to);

		planning.tracks[i] = &tracks[i];
		if (to > plan->frames)
			plan->frames = to;
	}
	qsort(planning.tracks, count, sizeof(*planning.tracks), track_compare);
	people_find(&planning);
	if (planning.cut_count > 1)
		qsort(planning.cuts, planning.cut_count, sizeof *planning.cuts, frame_compare);
	segments_find(&planning);
	plan->duration = segment_time(plan->frames);
	poster_find(plan);
	return planning.plan;
}
