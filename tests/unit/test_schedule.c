/* When a meeting can be created, changed and joined; and the three roles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "meeting/role.h"
#include "meeting/schedule.h"

static const int64_t now = INT64_C(1795348800) * SECOND; /* 2026-11-22T12:00:00Z */

static struct meeting plain_meeting(void)
{
	return (struct meeting){
	    .schedule_time = TIME_NONE, .start_time = TIME_NONE, .end_time = TIME_NONE};
}

static struct meeting scheduled_meeting(int64_t time)
{
	struct meeting meeting = plain_meeting();

	meeting.is_scheduled = true;
	meeting.schedule_time = time;
	return meeting;
}

/* Checks the outcome of a rule and its error. Clears the error. */
static void assert_outcome(bool good, struct error *error, enum error_kind kind, const char *code)
{
	assert_int_equal(error->kind, kind);
	assert_int_equal(good, kind == ERROR_NONE);
	if (code == NULL)
		assert_null(error->code);
	else
		assert_string_equal(error->code, code);
	if (!good)
		assert_true(*error->message != '\0');
	error_clear(error);
}

static void assert_wish(const struct meeting_wish *wish, enum error_kind kind, const char *code)
{
	struct error error = {0};
	bool good = meeting_wish_check(wish, now, &error);

	assert_outcome(good, &error, kind, code);
}

static void a_scheduled_meeting_needs_a_time_in_the_future(void **state)
{
	struct meeting_wish wish = {.is_scheduled = true, .schedule_time = TIME_NONE};

	(void)state;
	assert_wish(&wish, ERROR_MALFORMED, NULL);
	wish.schedule_time = now - 1;
	assert_wish(&wish, ERROR_MALFORMED, NULL);
	wish.schedule_time = now;
	assert_wish(&wish, ERROR_MALFORMED, NULL);
	wish.schedule_time = now + MILLISECOND;
	assert_wish(&wish, ERROR_NONE, NULL);
	wish.schedule_time = TIME_MAX;
	assert_wish(&wish, ERROR_NONE, NULL);
}

static void a_time_without_is_scheduled_is_invalid(void **state)
{
	struct meeting_wish wish = {.schedule_time = now + HOUR};
	struct error error = {0};

	(void)state;
	assert_false(meeting_wish_check(&wish, now, &error));
	assert_string_equal(
	    json_text_member(json_object_array_get_idx(error.details, 0), "path"), "/scheduleTime");
	assert_outcome(false, &error, ERROR_INVALID, "VALIDATION_FAILED");
	wish.schedule_time = TIME_NONE;
	assert_wish(&wish, ERROR_NONE, NULL);
}

static void an_encrypted_meeting_cannot_be_recorded(void **state)
{
	struct meeting_wish wish = {
	    .schedule_time = TIME_NONE, .is_archived = true, .end_to_end_encryption = true};

	(void)state;
	assert_wish(&wish, ERROR_MALFORMED, NULL);
	wish.is_archived = false;
	assert_wish(&wish, ERROR_NONE, NULL);
	wish = (struct meeting_wish){.schedule_time = TIME_NONE, .is_archived = true};
	assert_wish(&wish, ERROR_NONE, NULL);
}

static void assert_joinable(const struct meeting *meeting, enum error_kind kind, const char *code)
{
	struct error error = {0};
	bool good = meeting_joinable(meeting, now, 30 * MINUTE, &error);

	assert_outcome(good, &error, kind, code);
}

static void a_meeting_without_schedule_is_open_until_it_ends(void **state)
{
	struct meeting meeting = plain_meeting();

	(void)state;
	assert_joinable(&meeting, ERROR_NONE, NULL);
	meeting.start_time = now - HOUR;
	assert_joinable(&meeting, ERROR_NONE, NULL);
	meeting.end_time = now - MINUTE;
	assert_joinable(&meeting, ERROR_MALFORMED, "MEETING_ENDED");
}

static void a_scheduled_meeting_opens_some_time_before(void **state)
{
	struct meeting meeting = scheduled_meeting(now + 30 * MINUTE);

	(void)state;
	assert_joinable(&meeting, ERROR_NONE, NULL);
	meeting.schedule_time++;
	assert_joinable(&meeting, ERROR_MALFORMED, "MEETING_NOT_OPEN");
	meeting.schedule_time = now - DAY;
	assert_joinable(&meeting, ERROR_NONE, NULL);
	meeting.schedule_time = now + DAY;
	meeting.end_time = now;
	assert_joinable(&meeting, ERROR_MALFORMED, "MEETING_ENDED");
}

static void a_person_who_comes_too_early_is_told_when_it_opens(void **state)
{
	struct meeting meeting = scheduled_meeting(now + HOUR);
	struct error error = {0};
	struct json_object *detail;

	(void)state;
	assert_false(meeting_joinable(&meeting, now, 30 * MINUTE, &error));
	assert_int_equal(json_object_array_length(error.details), 1);
	detail = json_object_array_get_idx(error.details, 0);
	assert_string_equal(json_text_member(detail, "path"), "");
	assert_string_equal(json_text_member(detail, "code"), "MEETING_NOT_OPEN");
	assert_string_equal(
	    json_text_member(json_member(detail, "info", json_type_object), "opensAt"),
	    "2026-11-22T12:30:00.000Z");
	assert_non_null(strstr(error.message, "2026-11-22T12:30:00.000Z"));
	assert_outcome(false, &error, ERROR_MALFORMED, "MEETING_NOT_OPEN");
}

static void assert_expiry(int64_t wanted, int64_t expected)
{
	struct error error = {0};
	int64_t expiry;
	bool good = token_expiry(wanted, now, 2 * HOUR, 30 * DAY, &expiry, &error);

	assert_outcome(good, &error, expected == TIME_NONE ? ERROR_MALFORMED : ERROR_NONE,
	    expected == TIME_NONE ? "EXPIRE_TIME" : NULL);
	if (good)
		assert_true(expiry == expected);
}

static void assert_recordable(const struct meeting *meeting, enum error_kind kind, const char *code)
{
	struct error error = {0};
	bool good = meeting_recordable(meeting, now, 30 * MINUTE, &error);

	assert_outcome(good, &error, kind, code);
}

static void a_meeting_can_be_recorded_while_people_may_join(void **state)
{
	struct meeting meeting = plain_meeting();

	(void)state;
	assert_recordable(&meeting, ERROR_NONE, NULL);
	meeting.start_time = now - HOUR;
	assert_recordable(&meeting, ERROR_NONE, NULL);
	meeting.end_time = now;
	assert_recordable(&meeting, ERROR_MALFORMED, "MEETING_ENDED");
	meeting = scheduled_meeting(now + HOUR);
	assert_recordable(&meeting, ERROR_MALFORMED, "MEETING_NOT_OPEN");
	meeting.schedule_time = now + 30 * MINUTE;
	assert_recordable(&meeting, ERROR_NONE, NULL);
}

static void one_recording_at_a_time_and_none_with_encryption(void **state)
{
	struct meeting meeting = plain_meeting();

	(void)state;
	meeting.archive_id = "earlier";
	assert_recordable(&meeting, ERROR_NONE, NULL);
	meeting.recording_id = "now";
	assert_recordable(&meeting, ERROR_CONFLICT, NULL);
	meeting.end_time = now;
	assert_recordable(&meeting, ERROR_MALFORMED, "MEETING_ENDED");
	meeting = plain_meeting();
	meeting.end_to_end_encryption = true;
	assert_recordable(&meeting, ERROR_MALFORMED, NULL);
}

static void a_meeting_has_ended_when_it_has_an_end(void **state)
{
	struct meeting meeting = scheduled_meeting(now + DAY);
	struct error error = {0};

	(void)state;
	assert_outcome(meeting_not_ended(&meeting, &error), &error, ERROR_NONE, NULL);
	meeting.end_time = now + DAY; /* the end may be ahead of this clock */
	assert_outcome(
	    meeting_not_ended(&meeting, &error), &error, ERROR_MALFORMED, "MEETING_ENDED");
}

static void a_token_ends_when_asked_or_after_the_default(void **state)
{
	(void)state;
	assert_expiry(TIME_NONE, now + 2 * HOUR);
	assert_expiry(now + MINUTE, now + MINUTE);
	assert_expiry(now + 30 * DAY, now + 30 * DAY);
}

static void a_token_cannot_end_in_the_past_or_too_late(void **state)
{
	(void)state;
	assert_expiry(now, TIME_NONE);
	assert_expiry(now - DAY, TIME_NONE);
	assert_expiry(0, TIME_NONE);
	assert_expiry(TIME_MIN, TIME_NONE);
	assert_expiry(now + 30 * DAY + 1, TIME_NONE);
	assert_expiry(TIME_MAX, TIME_NONE);
}

static void assert_change(struct meeting *meeting, const struct meeting_change *change,
    enum error_kind kind, const char *code)
{
	struct meeting before = *meeting;
	struct error error = {0};
	bool good = meeting_change_apply(meeting, change, now, &error);

	assert_outcome(good, &error, kind, code);
	if (!good)
		assert_memory_equal(meeting, &before, sizeof before);
}

static void an_empty_change_changes_nothing(void **state)
{
	struct meeting meeting = scheduled_meeting(now - DAY);
	struct meeting before = meeting;

	(void)state;
	assert_change(
	    &meeting, &(struct meeting_change){.schedule_time = TIME_NONE}, ERROR_NONE, NULL);
	assert_memory_equal(&meeting, &before, sizeof before);
}

static void an_ended_meeting_cannot_be_changed(void **state)
{
	struct meeting meeting = plain_meeting();

	(void)state;
	meeting.end_time = now - HOUR;
	assert_change(&meeting, &(struct meeting_change){.schedule_time = TIME_NONE},
	    ERROR_MALFORMED, "MEETING_ENDED");
	assert_change(&meeting, &(struct meeting_change){.has_deleted = true, .deleted = true},
	    ERROR_MALFORMED, "MEETING_ENDED");
}

static void scheduling_needs_a_future_time_in_the_change_or_on_the_row(void **state)
{
	struct meeting meeting = plain_meeting();
	struct meeting_change change = {
	    .has_is_scheduled = true, .is_scheduled = true, .schedule_time = TIME_NONE};

	(void)state;
	assert_change(&meeting, &change, ERROR_MALFORMED, NULL);
	change.has_schedule_time = true;
	change.schedule_time = now;
	assert_change(&meeting, &change, ERROR_MALFORMED, NULL);
	change.schedule_time = now + HOUR;
	assert_change(&meeting, &change, ERROR_NONE, NULL);
	assert_true(meeting.is_scheduled);
	assert_true(meeting.schedule_time == now + HOUR);
	/* The same without a time: the time of the row is still in the future. */
	change = (struct meeting_change){
	    .has_is_scheduled = true, .is_scheduled = true, .schedule_time = TIME_NONE};
	assert_change(&meeting, &change, ERROR_NONE, NULL);
	assert_true(meeting.schedule_time == now + HOUR);
	meeting.schedule_time = now - HOUR;
	assert_change(&meeting, &change, ERROR_MALFORMED, NULL);
}

static void a_scheduled_meeting_can_be_moved(void **state)
{
	struct meeting meeting = scheduled_meeting(now + HOUR);
	struct meeting_change change = {.has_schedule_time = true, .schedule_time = now + DAY};

	(void)state;
	assert_change(&meeting, &change, ERROR_NONE, NULL);
	assert_true(meeting.schedule_time == now + DAY);
	change.schedule_time = now - 1;
	assert_change(&meeting, &change, ERROR_MALFORMED, NULL);
}

static void unscheduling_clears_the_time(void **state)
{
	struct meeting meeting = scheduled_meeting(now + HOUR);
	struct meeting_change change = {.has_is_scheduled = true, .schedule_time = TIME_NONE};

	(void)state;
	assert_change(&meeting, &change, ERROR_NONE, NULL);
	assert_false(meeting.is_scheduled);
	assert_true(meeting.schedule_time == TIME_NONE);
}

static void a_time_for_an_unscheduled_meeting_is_invalid(void **state)
{
	struct meeting meeting = plain_meeting();
	struct meeting_change change = {.has_schedule_time = true, .schedule_time = now + HOUR};

	(void)state;
	assert_change(&meeting, &change, ERROR_INVALID, "VALIDATION_FAILED");
	meeting = scheduled_meeting(now + HOUR);
	change.has_is_scheduled = true;
	assert_change(&meeting, &change, ERROR_INVALID, "VALIDATION_FAILED");
}

static void recording_is_decided_before_the_start(void **state)
{
	struct meeting meeting = plain_meeting();
	struct meeting_change change = {
	    .has_is_archived = true, .is_archived = true, .schedule_time = TIME_NONE};

	(void)state;
	assert_change(&meeting, &change, ERROR_NONE, NULL);
	assert_true(meeting.is_archived);
	meeting.start_time = now - MINUTE;
	assert_change(&meeting, &change, ERROR_NONE, NULL); /* nothing changes */
	change.is_archived = false;
	assert_change(&meeting, &change, ERROR_MALFORMED, NULL);
	meeting = plain_meeting();
	meeting.end_to_end_encryption = true;
	change.is_archived = true;
	assert_change(&meeting, &change, ERROR_MALFORMED, NULL);
}

static void a_change_is_applied_whole_or_not_at_all(void **state)
{
	struct meeting meeting = plain_meeting();
	struct meeting_change change = {.has_is_scheduled = true,
	    .is_scheduled = true,
	    .has_schedule_time = true,
	    .schedule_time = now + HOUR,
	    .has_is_archived = true,
	    .is_archived = true,
	    .has_ext_id = true,
	    .ext_id = "x"};

	(void)state;
	meeting.start_time = now - MINUTE;
	assert_change(&meeting, &change, ERROR_MALFORMED, NULL); /* and nothing has changed */
}

/* A change of a field in which `name` is said to have this value. */
static struct meeting_change change_with(struct field_value *value, const char *name)
{
	value->field = field_find(name);
	assert_non_null(value->field);
	return (struct meeting_change){.has_ext_id = true,
	    .ext_id = "changed",
	    .schedule_time = TIME_NONE,
	    .present = value,
	    .present_count = 1};
}

static void the_services_own_fields_take_the_value_that_they_have(void **state)
{
	struct meeting meeting = plain_meeting();
	struct field_value sent[] = {
	    {.text = "link"}, {.number = 3}, {.is_null = true}, {.is_null = true}, {.number = now}};
	const char *const names[] = {"meetingLink", "id", "endTime", "scheduleTime", "createdOn"};

	(void)state;
	meeting.meeting_link = "link";
	meeting.id = 3;
	meeting.created_on = now;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct meeting_change change = change_with(&sent[i], names[i]);

		meeting.ext_id = NULL;
		assert_change(&meeting, &change, ERROR_NONE, NULL);
		assert_string_equal(meeting.ext_id, "changed");
	}
}

static void the_services_own_fields_take_no_other_value(void **state)
{
	struct meeting meeting = plain_meeting();
	struct field_value sent[] = {{.text = "Link"}, {.number = 4}, {.is_null = true},
	    {.number = now}, {.is_null = true}, {.text = "by"}};
	const char *const names[] = {
	    "meetingLink", "id", "id", "endTime", "isArchived", "deletedBy"};

	(void)state;
	meeting.meeting_link = "link";
	meeting.id = 3;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct meeting_change change = change_with(&sent[i], names[i]);

		assert_change(&meeting, &change, ERROR_INVALID, "VALIDATION_FAILED");
		assert_null(meeting.ext_id);
	}
}

static void text_is_set_and_cleared_and_deletion_is_marked(void **state)
{
	struct meeting meeting = plain_meeting();
	struct meeting_change change = {.schedule_time = TIME_NONE,
	    .has_ext_id = true,
	    .ext_id = "x",
	    .has_ext_metadata = true,
	    .ext_metadata = "{}",
	    .has_upload_target = true,
	    .upload_target = "t",
	    .has_deleted = true,
	    .deleted = false};

	(void)state;
	assert_change(&meeting, &change, ERROR_NONE, NULL);
	assert_string_equal(meeting.ext_id, "x");
	assert_string_equal(meeting.ext_metadata, "{}");
	assert_string_equal(meeting.upload_target, "t");
	assert_false(meeting.deleted);
	change.ext_id = NULL;
	change.deleted = true;
	assert_change(&meeting, &change, ERROR_NONE, NULL);
	assert_null(meeting.ext_id);
	assert_true(meeting.deleted);
}

static void roles_have_names_and_an_order(void **state)
{
	static const char *const names[] = {"subscriber", "publisher", "moderator"};
	enum role role, last = 0;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_true(role_parse(names[i], &role));
		assert_string_equal(role_name(role), names[i]);
		assert_true(role > last);
		last = role;
	}
	assert_false(role_parse("", &role));
	assert_false(role_parse("Moderator", &role));
	assert_false(role_parse("admin", &role));
	assert_false(role_parse("moderator ", &role));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_scheduled_meeting_needs_a_time_in_the_future),
	    cmocka_unit_test(a_time_without_is_scheduled_is_invalid),
	    cmocka_unit_test(an_encrypted_meeting_cannot_be_recorded),
	    cmocka_unit_test(a_meeting_without_schedule_is_open_until_it_ends),
	    cmocka_unit_test(a_scheduled_meeting_opens_some_time_before),
	    cmocka_unit_test(a_person_who_comes_too_early_is_told_when_it_opens),
	    cmocka_unit_test(a_meeting_has_ended_when_it_has_an_end),
	    cmocka_unit_test(a_meeting_can_be_recorded_while_people_may_join),
	    cmocka_unit_test(one_recording_at_a_time_and_none_with_encryption),
	    cmocka_unit_test(a_token_ends_when_asked_or_after_the_default),
	    cmocka_unit_test(a_token_cannot_end_in_the_past_or_too_late),
	    cmocka_unit_test(an_empty_change_changes_nothing),
	    cmocka_unit_test(an_ended_meeting_cannot_be_changed),
	    cmocka_unit_test(scheduling_needs_a_future_time_in_the_change_or_on_the_row),
	    cmocka_unit_test(a_scheduled_meeting_can_be_moved),
	    cmocka_unit_test(unscheduling_clears_the_time),
	    cmocka_unit_test(a_time_for_an_unscheduled_meeting_is_invalid),
	    cmocka_unit_test(recording_is_decided_before_the_start),
	    cmocka_unit_test(a_change_is_applied_whole_or_not_at_all),
	    cmocka_unit_test(the_services_own_fields_take_the_value_that_they_have),
	    cmocka_unit_test(the_services_own_fields_take_no_other_value),
	    cmocka_unit_test(text_is_set_and_cleared_and_deletion_is_marked),
	    cmocka_unit_test(roles_have_names_and_an_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
