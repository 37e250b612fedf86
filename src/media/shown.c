/* Which file has a person's picture when several have one. */
#include "media/shown.h"

#include <string.h>

/* Takes `away` out of the part's pictures. */
static void interval_remove(struct arena *arena, struct part *part, const struct interval *away)
{
	struct interval *left = arena_alloc(arena, (part->picture_count + 1) * sizeof *left);
	size_t count = 0;

	for (size_t i = 0; i < part->picture_count; i++) {
		struct interval picture = part->pictures[i];

		if (picture.from < away->from)
			left[count++] = (struct interval){
			    picture.from, picture.to < away->from ? picture.to : away->from};
		if (picture.to > away->to)
			left[count++] = (struct interval){
			    picture.from > away->to ? picture.from : away->to, picture.to};
	}
	part->pictures = left;
	part->picture_count = count;
}

static bool same_picture(const struct part *a, const struct part *b)
{
	return a->stretch->screen == b->stretch->screen &&
	       strcmp(a->stretch->attendee, b->stretch->attendee) == 0;
}

static bool overlap(const struct part *a, const struct part *b)
{
	return a->from < b->to && b->from < a->to;
}

void shown_find(struct arena *arena, struct part *parts, size_t count)
{
	/* A part takes time only from earlier ones, and what it lost itself went to a later one: so
	 * the order does not matter as long as each uses its intervals as they were made. */
	struct part *made = arena_alloc(arena, (count + 1) * sizeof *made);

	if (count > 0)
		memcpy(made, parts, count * sizeof *made);
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			if (made[j].from <= made[i].from || !same_picture(&made[i], &made[j]) ||
			    !overlap(&made[i], &made[j]))
				continue;
			for (size_t k = 0; k < made[j].picture_count; k++)
				interval_remove(arena, &parts[i], &made[j].pictures[k]);
		}
	}
}
