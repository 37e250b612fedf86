/* A fixture: one arena for each test, or for each group of tests. */
#ifndef CONFAB_TESTS_ARENA_FIXTURE_H
#define CONFAB_TESTS_ARENA_FIXTURE_H

#include "base/arena.h"

static struct arena *arena; /* the test's state points to it too */

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
