/* The status of a meeting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "meeting/lifecycle.h"

static enum meeting_status status_of(bool is_scheduled, bool started, bool ended)
{
	const struct meeting meeting = {
	    .is_scheduled = is_scheduled,
	    .schedule_time = is_scheduled ? 2000 : TIME_NONE,
	    .start_time = started ? 0 : TIME_NONE, /* 1970 is a valid time */
	    .end_time = ended ? 0 : TIME_NONE,
	};

	return meeting_status(&meeting);
}

static void every_meeting_has_one_status(void **state)
{
	(void)state;
	assert_int_equal(status_of(true, false, false), MEETING_SCHEDULED);
	assert_int_equal(status_of(true, true, false), MEETING_ACTIVE);
	assert_int_equal(status_of(false, false, false), MEETING_ACTIVE);
	assert_int_equal(status_of(false, true, false), MEETING_ACTIVE);
	/* A meeting with an end has ended, also when it never started. */
	assert_int_equal(status_of(true, false, true), MEETING_ENDED);
	assert_int_equal(status_of(true, true, true), MEETING_ENDED);
	assert_int_equal(status_of(false, false, true), MEETING_ENDED);
	assert_int_equal(status_of(false, true, true), MEETING_ENDED);
}

static void a_status_is_found_by_its_name_letter_for_letter(void **state)
{
	static const char *const wrong[] = {
	    "", "Active", "active ", "activ", "all", "deleted", "2"};
	enum meeting_status status = MEETING_ENDED;

	(void)state;
	assert_true(meeting_status_parse("scheduled", &status));
	assert_int_equal(status, MEETING_SCHEDULED);
	assert_true(meeting_status_parse("active", &status));
	assert_int_equal(status, MEETING_ACTIVE);
	assert_true(meeting_status_parse("ended", &status));
	assert_int_equal(status, MEETING_ENDED);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_false(meeting_status_parse(wrong[i], &status));
	assert_string_equal(meeting_status_name(MEETING_SCHEDULED), "scheduled");
	assert_string_equal(meeting_status_name(MEETING_ACTIVE), "active");
	assert_string_equal(meeting_status_name(MEETING_ENDED), "ended");
}

static void an_ended_meeting_is_not_being_recorded(void **state)
{
	struct meeting meeting = {.end_time = TIME_NONE};

	(void)state;
	assert_false(meeting_is_recording(&meeting));
	meeting.archive_id = "a"; /* it should be recorded, or was recorded */
	assert_false(meeting_is_recording(&meeting));
	meeting.recording_id = "a";
	assert_true(meeting_is_recording(&meeting));
	meeting.end_time = 5;
	assert_false(meeting_is_recording(&meeting));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_meeting_has_one_status),
	    cmocka_unit_test(a_status_is_found_by_its_name_letter_for_letter),
	    cmocka_unit_test(an_ended_meeting_is_not_being_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
