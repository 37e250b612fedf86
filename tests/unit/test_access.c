/* Who may come into a meeting without being asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "meeting/access.h"

#define STRANGER  .waiting_since = TIME_NONE
#define KNOWN     .is_known = true, .waiting_since = TIME_NONE
#define WAITS     .is_known = true, .waiting_since = 1
#define MODERATOR .is_moderator = true, .waiting_since = TIME_NONE

static void each_access_decides_who_comes_in(void **state)
{
	static const struct {
		const char *access;
		struct arrival arrival;
		enum entry entry;
	} cases[] = {
	    {MEETING_OPEN, {STRANGER}, ENTRY_ADMITTED},
	    {MEETING_OPEN, {STRANGER, .is_suspect = true}, ENTRY_WAITING},
	    {MEETING_OPEN, {KNOWN, .is_suspect = true}, ENTRY_ADMITTED},
	    {MEETING_OPEN, {WAITS}, ENTRY_WAITING},
	    {MEETING_OPEN, {MODERATOR}, ENTRY_ADMITTED},
	    {MEETING_OPEN, {MODERATOR, .is_suspect = true}, ENTRY_WAITING},
	    {MEETING_OPEN, {MODERATOR, .is_suspect = true, .is_known = true}, ENTRY_ADMITTED},
	    {MEETING_OPEN, {WAITS, .is_moderator = true}, ENTRY_ADMITTED},
	    {MEETING_OPEN, {WAITS, .is_moderator = true, .is_suspect = true}, ENTRY_WAITING},
	    {MEETING_WAITING_ROOM, {STRANGER}, ENTRY_WAITING},
	    {MEETING_WAITING_ROOM, {KNOWN}, ENTRY_ADMITTED},
	    {MEETING_WAITING_ROOM, {WAITS}, ENTRY_WAITING},
	    {MEETING_WAITING_ROOM, {MODERATOR}, ENTRY_ADMITTED},
	    {MEETING_LOCKED, {STRANGER}, ENTRY_REFUSED},
	    {MEETING_LOCKED, {STRANGER, .is_suspect = true}, ENTRY_REFUSED},
	    {MEETING_LOCKED, {KNOWN}, ENTRY_ADMITTED},
	    {MEETING_LOCKED, {WAITS}, ENTRY_WAITING},
	    {MEETING_LOCKED, {MODERATOR}, ENTRY_ADMITTED},
	    {MEETING_LOCKED, {MODERATOR, .is_suspect = true}, ENTRY_WAITING},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(entry_decide(cases[i].access, &cases[i].arrival), cases[i].entry);
}

static void access_is_one_of_three_words(void **state)
{
	(void)state;
	assert_true(meeting_access_good("open"));
	assert_true(meeting_access_good("waitingRoom"));
	assert_true(meeting_access_good("locked"));
	assert_false(meeting_access_good("Open"));
	assert_false(meeting_access_good(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_access_decides_who_comes_in),
	    cmocka_unit_test(access_is_one_of_three_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
