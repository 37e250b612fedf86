/* Names for saving an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/disposition.h"

static void check(const char *name, const char *plain, const char *full)
{
	struct arena *arena = arena_new();

	assert_string_equal(disposition(arena, true, name),
	    arena_printf(arena, "attachment; filename=\"%s\"; filename*=UTF-8''%s", plain, full));
	arena_free(arena);
}

static void test_names(void **state)
{
	(void)state;
	check("a.mp4", "a.mp4", "a.mp4");
	check("Visit 2026-11-26.mp4", "Visit 2026-11-26.mp4", "Visit%202026-11-26.mp4");
	check("Åse & 李.mp4", "_se & _.mp4", "%C3%85se%20%26%20%E6%9D%8E.mp4");
}

static void test_awkward_names(void **state)
{
	(void)state;
	check("../../etc/passwd", "_._.._etc_passwd", "_._.._etc_passwd");
	check("C:\\a\"b<c>|?*.mp4", "C__a_b_c____.mp4", "C__a_b_c____.mp4");
	check("100%41.mp4", "100_41.mp4", "100%2541.mp4");
	check("a\r\nX: y\t\x7f", "a__X_ y__", "a__X_%20y__");
	check("", "", "");
}

static void test_inline(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(
	    disposition(arena, false, "a"), "inline; filename=\"a\"; filename*=UTF-8''a");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_awkward_names),
	    cmocka_unit_test(test_inline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
