/* What counts as progress in a program's output. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "media/progress.h"

static bool feed(struct progress *progress, const char *text)
{
	return progress_feed(progress, text, strlen(text));
}

static void new_values_of_a_part_that_grows_are_progress(void **state)
{
	struct progress progress = {0};

	(void)state;
	assert_true(feed(&progress, "frame=1\n"));
	assert_false(feed(&progress, "frame=1\n"));
	assert_true(feed(&progress, "frame=2\n"));
	assert_true(feed(&progress, "out_time_us=N/A\n"));
	assert_false(feed(&progress, "out_time_us=N/A\nframe=2\n"));
	assert_true(feed(&progress, "fps=1\nout_time_us=2000\nspeed=1x\n"));
	assert_true(feed(&progress, "total_size=2000\n"));
	assert_true(feed(&progress, "progress=end\n"));
}

static void values_that_time_alone_changes_are_none(void **state)
{
	struct progress progress = {0};

	(void)state;
	assert_false(feed(&progress, "fps=1\nspeed=1x\nprogress=continue\n"));
	assert_false(feed(&progress, "fps=2\nspeed=2x\nframes=2\nout_time_ms=7\n"));
	assert_false(feed(&progress, "\n\n"));
}

static void other_lines_are_progress_when_they_are_whole(void **state)
{
	struct progress progress = {0};
	char wide[2 * PROGRESS_LINE];

	(void)state;
	assert_false(feed(&progress, "a li"));
	assert_true(feed(&progress, "ne\n"));
	assert_true(feed(&progress, "Speed=1\n"));
	assert_false(feed(&progress, "spe"));
	assert_false(feed(&progress, "ed=1\n"));
	memset(wide, 'x', sizeof wide);
	assert_true(progress_feed(&progress, wide, sizeof wide));
}

static void long_values_are_compared_by_their_beginning(void **state)
{
	struct progress progress = {0};
	const char *one = "frame=0123456789012345678901234567890123456789\n";

	(void)state;
	assert_true(feed(&progress, one));
	assert_false(feed(&progress, one));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(new_values_of_a_part_that_grows_are_progress),
	    cmocka_unit_test(values_that_time_alone_changes_are_none),
	    cmocka_unit_test(other_lines_are_progress_when_they_are_whole),
	    cmocka_unit_test(long_values_are_compared_by_their_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
