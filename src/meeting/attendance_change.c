/* Changes of a person's attendance after new facts. */
#include "meeting/attendance_change.h"

#include <string.h>

#include "base/clock.h"

static void change_add(
    struct arena *arena, struct attendance_changes *changes, bool joined, const struct stay *stay)
{
	if (changes->count == changes->size) {
		size_t size = changes->size == 0 ? 4 : changes->size * 2;
		struct attendance_change *items = arena_alloc(arena, size * sizeof *items);

		if (changes->count > 0)
			memcpy(items, changes->items, changes->count * sizeof *items);
		changes->items = items;
		changes->size = size;
	}
	changes->items[changes->count++] = (struct attendance_change){
	    .joined = joined,
	    .attendee = stay->first->attendee,
	    .role = stay->role,
	    .at = joined ? stay->joined_at : stay->left_at,
	    .reason = joined ? NULL : stay_reason(stay),
	};
}

static const struct stay *stay_find(const struct stay *stays, size_t count, int64_t joined_at)
{
	for (size_t i = 0; i < count; i++) {
		if (stays[i].joined_at == joined_at)
			return &stays[i];
	}
	return NULL;
}

static bool end_same(const struct stay *a, const struct stay *b)
{
	if (a->left_at == TIME_NONE || a->left_at != b->left_at)
		return a->left_at == b->left_at;
	return strcmp(stay_reason(a), stay_reason(b)) == 0;
}

void attendance_compare(struct arena *arena, const struct stay *before, size_t before_count,
    const struct stay *after, size_t after_count, struct attendance_changes *changes)
{
	const size_t first = changes->count;
	const struct stay *last = NULL;

	for (size_t i = 0; i < after_count; i++) {
		const struct stay *stay = &after[i];
		const struct stay *known = stay_find(before, before_count, stay->joined_at);
		bool in = stay->left_at == TIME_NONE;

		if (known != NULL && end_same(known, stay))
			continue;
		last = stay;
		/* If an earlier change said that the person left and they are still in, they join
		 * again. */
		if (known == NULL || in)
			change_add(arena, changes, true, stay);
		if (!in)
			change_add(arena, changes, false, stay);
	}
	/* The last change must tell that the person is in, also if it was about an earlier stay. */
	if (changes->count > first && last != &after[after_count - 1] &&
	    after[after_count - 1].left_at == TIME_NONE)
		change_add(arena, changes, true, &after[after_count - 1]);
}
