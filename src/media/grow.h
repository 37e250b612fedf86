/* Arrays in an arena that grow. */
#ifndef CONFAB_MEDIA_GROW_H
#define CONFAB_MEDIA_GROW_H

#include <stddef.h>
#include <string.h>

#include "base/arena.h"

/* Makes room for one more element of `one` bytes in `array`, which has `count` of them and room for
 * `*size`. Gives the array, which may be at another place then. Start with NULL and 0. */
static inline void *array_grow(
    struct arena *arena, void *array, size_t count, size_t *size, size_t one)
{
	enum { START = 4 };
	void *more;

	if (count < *size)
		return array;
	*size = count < START ? START : count * 2;
	more = arena_alloc(arena, *size * one);
	if (array != NULL)
		memcpy(more, array, count * one);
	return more;
}

#endif
