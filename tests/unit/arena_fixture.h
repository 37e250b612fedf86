/* A fixture: an arena for each test, or each group of tests. */
#ifndef CONFAB_TESTS_ARENA_FIXTURE_H
#define CONFAB_TESTS_ARENA_FIXTURE_H

#include "base/arena.h"

static struct arena *arena; /* also the test's state */

static inline int arena_setup(void **state)
{
	*state = arena = arena_new();
	return 0;
}

static inline int arena_teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

#endif
