/* Events of meetings: their audience and their data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "base/clock.h"
#include "meeting/meeting_event.h"

static const struct listener client = {.is_client = true};
static const struct listener moderator = {.role = ROLE_MODERATOR, .attendee = "dr-ann"};
static const struct listener publisher = {.role = ROLE_PUBLISHER, .attendee = "bob"};
static const struct listener guest = {.role = ROLE_SUBSCRIBER};

static bool hears(const struct listener *listener, const char *audience)
{
	return audience_includes(arena, audience, listener);
}

static void everybody_gets_events_for_everybody(void **state)
{
	(void)state;
	assert_true(hears(&client, "everybody"));
	assert_true(hears(&moderator, "everybody"));
	assert_true(hears(&publisher, "everybody"));
	assert_true(hears(&guest, "everybody"));
}

static void only_moderators_and_clients_get_events_for_moderators(void **state)
{
	(void)state;
	assert_true(hears(&client, "moderators"));
	assert_true(hears(&moderator, "moderators"));
	assert_false(hears(&publisher, "moderators"));
	assert_false(hears(&guest, "moderators"));
}

static void only_listed_people_and_clients_get_events_for_a_list(void **state)
{
	(void)state;
	assert_true(hears(&client, "[\"bob\"]"));
	assert_true(hears(&publisher, "[\"cem\",\"bob\"]"));
	assert_false(hears(&publisher, "[\"Bob\",\"bob \",\"bobby\"]"));
	assert_false(hears(&moderator, "[\"bob\"]"));
	assert_false(hears(&guest, "[\"bob\",\"\",null]"));
	assert_false(hears(&publisher, "[]"));
}

static void only_clients_get_events_for_an_unknown_audience(void **state)
{
	static const char *const unknown[] = {
	    "", "Everybody", "bob", "[\"bob\"", "[", "{\"bob\":1}"};

	(void)state;
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
		assert_true(hears(&client, unknown[i]));
		assert_false(hears(&moderator, unknown[i]));
		assert_false(hears(&publisher, unknown[i]));
		assert_false(hears(&guest, unknown[i]));
	}
}

static void each_type_has_its_audience(void **state)
{
	static const enum meeting_event_type for_moderators[] = {MEETING_EVENT_REMOVED,
	    MEETING_EVENT_READMITTED, MEETING_EVENT_WAITING, MEETING_EVENT_ADMITTED,
	    MEETING_EVENT_REFUSED, MEETING_EVENT_RECORDING_FAILED,
	    MEETING_EVENT_RECORDING_RECOVERED, MEETING_EVENT_RECORDING_PROGRESS,
	    MEETING_EVENT_RECORDING_AVAILABLE, MEETING_EVENT_RECORDING_UPLOADED,
	    MEETING_EVENT_RECORDING_DELETED};
	size_t count = 0;

	(void)state;
	for (int type = MEETING_EVENT_JOINED; type <= MEETING_EVENT_RECORDING_DELETED; type++) {
		const char *audience = meeting_event_audience((enum meeting_event_type)type);

		assert_true(hears(&moderator, audience));
		if (!hears(&guest, audience))
			assert_int_equal(type, for_moderators[count++]);
	}
	assert_int_equal(count, sizeof for_moderators / sizeof for_moderators[0]);
}

static void data_has_a_fixed_list_of_members(void **state)
{
	const struct meeting meeting = {.is_scheduled = true,
	    .access = "open",
	    .schedule_time = 0,
	    .ext_id = "secret",
	    .ext_metadata = "{\"secret\":1}",
	    .session_id = "room"};
	struct meeting_event event = {.cause = "secret",
	    .attendee = "a\"b",
	    .name = "Ms Meyer",
	    .verified = true,
	    .role = ROLE_PUBLISHER,
	    .participant = "p-1",
	    .reason = "lost",
	    .archive_id = "abc",
	    .meeting = &meeting};
	static const struct {
		enum meeting_event_type type;
		const char *data;
	} expected[] = {
	    {MEETING_EVENT_JOINED, "{\"attendee\":\"a\\\"b\",\"name\":\"Ms Meyer\","
				   "\"verified\":true,\"role\":\"publisher\"}"},
	    {MEETING_EVENT_LEFT, "{\"attendee\":\"a\\\"b\",\"name\":\"Ms Meyer\","
				 "\"verified\":true,\"role\":\"publisher\",\"reason\":\"lost\"}"},
	    {MEETING_EVENT_LOST, "{\"attendee\":\"a\\\"b\",\"name\":\"Ms Meyer\",\"verified\":true,"
				 "\"role\":\"publisher\",\"participantId\":\"p-1\"}"},
	    {MEETING_EVENT_ENDED, "{}"},
	    {MEETING_EVENT_EDITED,
		"{\"isScheduled\":true,\"scheduleTime\":"
		"\"1970-01-01T00:00:00.000Z\",\"isArchived\":false,\"access\":\"open\"}"},
	    {MEETING_EVENT_RECORDING_STOPPED, "{\"archiveId\":\"abc\"}"},
	    {MEETING_EVENT_RECORDING_FAILED, "{\"archiveId\":\"abc\",\"reason\":\"lost\"}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
		event.type = expected[i].type;
		assert_string_equal(meeting_event_data(arena, &event), expected[i].data);
	}
}

static void unknown_data_of_a_person_is_null(void **state)
{
	const struct meeting_event event = {.type = MEETING_EVENT_REMOVED, .attendee = "bob"};

	(void)state;
	assert_string_equal(meeting_event_data(arena, &event),
	    "{\"attendee\":\"bob\",\"name\":null,\"verified\":false,\"role\":null}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(everybody_gets_events_for_everybody),
	    cmocka_unit_test(only_moderators_and_clients_get_events_for_moderators),
	    cmocka_unit_test(only_listed_people_and_clients_get_events_for_a_list),
	    cmocka_unit_test(only_clients_get_events_for_an_unknown_audience),
	    cmocka_unit_test(each_type_has_its_audience),
	    cmocka_unit_test(data_has_a_fixed_list_of_members),
	    cmocka_unit_test(unknown_data_of_a_person_is_null),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
