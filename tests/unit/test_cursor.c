/* Cursors: a place in a list as text and back. Other text is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "api/cursor.h"
#include "base/clock.h"
#include "base/crypto.h"

static void a_place_comes_back_as_it_was(void **state)
{
	static const struct meeting_place places[] = {{.starts_on = 0, .id = 0},
	    {.starts_on = 1795348800123000, .id = 42}, {.starts_on = -1000, .id = 1},
	    {.starts_on = TIME_MIN, .id = 7}, {.starts_on = TIME_MAX, .id = INT64_MAX}};

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		const char *text = cursor_text(*state, &places[i]);
		struct meeting_place place;

		assert_int_equal(strlen(text), 22);
		assert_int_equal(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					      "0123456789_-"),
		    22);
		assert_true(cursor_parse(*state, text, &place));
		assert_true(place.starts_on == places[i].starts_on && place.id == places[i].id);
	}
}

static void text_that_is_not_a_cursor_is_refused(void **state)
{
	static const char *const wrong[] = {"", "x", "0", "null", "AAAAAAAAAAAAAAAAAAAAA",
	    "AAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAA+",
	    " AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAA.", "AAAAAAAAAAAAAAAAAAAAAB",
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
	struct meeting_place place;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		if (cursor_parse(*state, wrong[i], &place))
			fail_msg("%s is taken", wrong[i]);
	}
	assert_true(cursor_parse(*state, "AAAAAAAAAAAAAAAAAAAAAA", &place));
}

static void numbers_out_of_range_are_refused(void **state)
{
	/* After the year 9999, before the year 1, and negative ids. */
	static const unsigned char wrong[][16] = {
	    {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 1},
	    {0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
	    {0, 0, 0xe6, 0x77, 0xd2, 0x1f, 0xdc, 0x00, 0, 0, 0, 0, 0, 0, 0, 1},
	    {0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0},
	    {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
	struct meeting_place place;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_false(cursor_parse(
		    *state, base64url_encode(*state, wrong[i], sizeof wrong[i]), &place));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, arena_setup, arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_place_comes_back_as_it_was),
	    TEST(text_that_is_not_a_cursor_is_refused),
	    TEST(numbers_out_of_range_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
