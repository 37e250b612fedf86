/* Dates: RFC 3339 is read, one form is written, and the calendar is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

static void assert_date(const char *text, int64_t expected)
{
	int64_t time = 0;

	if (!date_parse(text, strlen(text), &time))
		fail_msg("%s is refused", text);
	if (time != expected)
		fail_msg("%s is %lld, not %lld", text, (long long)time, (long long)expected);
}

static void assert_no_date(const char *text)
{
	int64_t time;

	if (date_parse(text, strlen(text), &time))
		fail_msg("%s is taken for a date", text);
}

static void dates_are_read_with_z_and_with_an_offset(void **state)
{
	(void)state;
	assert_date("1970-01-01T00:00:00Z", 0);
	assert_date("2026-11-22T12:00:00Z", 1795348800 * SECOND);
	assert_date("2026-11-22t12:00:00z", 1795348800 * SECOND);
	assert_date("2026-11-22T13:30:00+01:30", 1795348800 * SECOND);
	assert_date("2026-11-22T00:00:00-12:00", 1795348800 * SECOND);
	assert_date("2026-11-23T11:59:00+23:59", 1795348800 * SECOND);
	assert_date("1969-12-31T23:59:59.999999Z", -1);
}

static void fractions_are_kept_to_the_microsecond(void **state)
{
	(void)state;
	assert_date("1970-01-01T00:00:00.5Z", 500000);
	assert_date("1970-01-01T00:00:00.123Z", 123000);
	assert_date("1970-01-01T00:00:00.1234569Z", 123456);
	assert_date("1970-01-01T00:00:00.000000999999999999999Z", 0);
}

static void a_leap_second_is_the_second_after_it(void **state)
{
	(void)state;
	assert_date("2016-12-31T23:59:60Z", 1483228800 * SECOND);
}

static void years_up_to_9999_work(void **state)
{
	(void)state;
	assert_date("2038-01-19T03:14:08Z", 2147483648 * SECOND);
	assert_date("9999-12-31T23:59:59.999Z", TIME_MAX);
	assert_date("0001-01-01T00:00:00Z", TIME_MIN);
	assert_no_date("0000-12-31T23:59:59Z");
	assert_no_date("9999-12-31T23:59:59-00:01");
	assert_no_date("9999-12-31T23:59:60Z");
	assert_no_date("0001-01-01T00:00:00+00:01");
	assert_no_date("10000-01-01T00:00:00Z");
}

static void leap_years_have_their_day_and_others_do_not(void **state)
{
	(void)state;
	assert_date("2024-02-29T00:00:00Z", 1709164800 * SECOND);
	assert_date("2000-02-29T00:00:00Z", 951782400 * SECOND);
	assert_no_date("2023-02-29T00:00:00Z");
	assert_no_date("1900-02-29T00:00:00Z");
	assert_no_date("2024-02-30T00:00:00Z");
}

static void text_that_is_not_an_rfc_3339_date_is_refused(void **state)
{
	static const char *const wrong[] = {"", "2026", "2026-11-22", "2026-11-22T12:00:00",
	    "2026-11-22 12:00:00Z", "2026-11-22T12:00Z", "2026-11-22T12:00:00.Z",
	    "2026-11-22T12:00:00,5Z", "2026-11-22T24:00:00Z", "2026-11-22T12:60:00Z",
	    "2026-11-22T12:00:61Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
	    "2026-11-00T00:00:00Z", "2026-11-31T00:00:00Z", "2026-11-22T12:00:00+1:00",
	    "2026-11-22T12:00:00+0100", "2026-11-22T12:00:00+24:00", "2026-11-22T12:00:00+00:60",
	    "2026-11-22T12:00:00+", "2026-11-22T12:00:00Z ", " 2026-11-22T12:00:00Z",
	    "2026-11-22T12:00:00ZZ", "+026-11-22T12:00:00Z", "-026-11-22T12:00:00Z",
	    "2026-W47-7T12:00:00Z", "Sun, 22 Nov 2026 12:00:00 GMT", "1795348800000"};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_no_date(wrong[i]);
}

static void a_date_ends_at_its_length(void **state)
{
	static const char text[] = "2026-11-22T12:00:00Z and more";
	static const char nul[] = "2026-11-22T12:00:00Z\0";
	int64_t time;

	(void)state;
	assert_true(date_parse(text, 20, &time));
	for (size_t len = 0; len < 20; len++)
		assert_false(date_parse(text, len, &time));
	assert_false(date_parse(nul, 21, &time));
}

static void dates_are_written_in_one_form(void **state)
{
	char text[DATE_TEXT_MAX];

	(void)state;
	assert_string_equal(date_format(0, text), "1970-01-01T00:00:00.000Z");
	assert_string_equal(
	    date_format(1795348800 * SECOND + 7 * MILLISECOND, text), "2026-11-22T12:00:00.007Z");
	assert_string_equal(date_format(999999, text), "1970-01-01T00:00:00.999Z");
	assert_string_equal(date_format(-1, text), "1969-12-31T23:59:59.999Z");
	assert_string_equal(date_format(TIME_MAX, text), "9999-12-31T23:59:59.999Z");
	assert_string_equal(date_format(TIME_MIN, text), "0001-01-01T00:00:00.000Z");
}

static void a_written_date_is_read_back(void **state)
{
	char text[DATE_TEXT_MAX];

	(void)state;
	/* Steps of a little more than 7 days, from the year 1 to 9999, meet every month and every
	 * leap year. */
	for (int64_t time = TIME_MIN; time <= TIME_MAX; time += 7 * DAY + 11 * HOUR + MILLISECOND)
		assert_date(date_format(time, text), time);
}

static void the_calendar_s_parts_are_a_time_and_back(void **state)
{
	struct date date = date_from_time(1709208000 * SECOND + 123456);

	(void)state;
	assert_int_equal(date.year, 2024);
	assert_int_equal(date.month, 2);
	assert_int_equal(date.day, 29);
	assert_int_equal(date.hour, 12);
	assert_int_equal(date.minute, 0);
	assert_int_equal(date.second, 0);
	assert_int_equal(date.microsecond, 123456);
	assert_true(date_to_time(&date) == 1709208000 * SECOND + 123456);
}

static void the_clock_gives_whole_milliseconds(void **state)
{
	int64_t before = clock_monotonic();

	(void)state;
	assert_true(clock_now() % MILLISECOND == 0);
	assert_true(clock_now() > 1700000000 * SECOND);
	assert_true(clock_monotonic() >= before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dates_are_read_with_z_and_with_an_offset),
	    cmocka_unit_test(fractions_are_kept_to_the_microsecond),
	    cmocka_unit_test(a_leap_second_is_the_second_after_it),
	    cmocka_unit_test(years_up_to_9999_work),
	    cmocka_unit_test(leap_years_have_their_day_and_others_do_not),
	    cmocka_unit_test(text_that_is_not_an_rfc_3339_date_is_refused),
	    cmocka_unit_test(a_date_ends_at_its_length),
	    cmocka_unit_test(dates_are_written_in_one_form),
	    cmocka_unit_test(a_written_date_is_read_back),
	    cmocka_unit_test(the_calendar_s_parts_are_a_time_and_back),
	    cmocka_unit_test(the_clock_gives_whole_milliseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
