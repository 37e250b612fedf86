/* Janus' events: the person in them, and the proof of the identity. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "provider/janus_events.h"
#include "provider/janus_token.h"

#define TOKEN_SECRET   "0123456789abcdef0123456789abcdef"
#define SERVICE_SECRET "fedcba9876543210fedcba9876543210"

static const int64_t at = INT64_C(1795348800) * SECOND; /* 2026-11-22T12:00:00Z */

/* Reads a body with one event. Its text lies in the arena. */
static const struct janus_secrets secrets = {TOKEN_SECRET};

static struct event event_parse(struct arena *arena, const char *body)
{
	struct events events;
	struct error error = {0};

	assert_true(janus_events_parse(arena, &secrets, body, strlen(body), &events, &error));
	assert_int_equal(events.count, 1);
	assert_int_equal(events.items[0].at, at);
	return events.items[0];
}

static struct event attached(struct arena *arena, const char *secret, enum role role)
{
	const struct janus_identity identity = {
	    .expiry = at + HOUR, .room = "room", .attendee = "ann", .role = role};

	return event_parse(
	    arena, arena_printf(arena,
		       "{\"type\":2,\"timestamp\":%lld,\"session_id\":11,\"handle_id\":12,"
		       "\"event\":{\"name\":\"attached\",\"token\":\"%s\"}}",
		       (long long)at, janus_core_token(arena, secret, &identity)));
}

static void a_subscriber_is_in_when_attached(void **state)
{
	struct arena *arena = arena_new();
	struct event event = attached(arena, TOKEN_SECRET, ROLE_SUBSCRIBER);

	(void)state;
	assert_int_equal(event.kind, EVENT_OPENED);
	assert_string_equal(event.name, "attached");
	assert_string_equal(event.session_id, "room");
	assert_string_equal(event.connection.attendee, "ann");
	assert_string_equal(event.connection.connection_id, "11/12");
	assert_string_equal(event.connection.participant, "");
	assert_false(event.banned);
	arena_free(arena);
}

static void a_sender_is_only_seen_when_attached(void **state)
{
	(void)state;
	for (enum role role = ROLE_PUBLISHER; role <= ROLE_MODERATOR; role++) {
		struct arena *arena = arena_new();
		struct event event = attached(arena, TOKEN_SECRET, role);

		assert_int_equal(event.kind, EVENT_SEEN);
		assert_string_equal(event.name, "attached");
		assert_string_equal(event.session_id, "room");
		assert_string_equal(event.connection.attendee, "ann");
		assert_string_equal(event.connection.device, "11");
		arena_free(arena);
	}
}

static void a_foreign_token_proves_no_identity(void **state)
{
	struct arena *arena = arena_new();
	struct event event =
	    attached(arena, "another secret, as long as the first", ROLE_MODERATOR);

	(void)state;
	assert_int_equal(event.kind, EVENT_UNKNOWN);
	assert_null(event.session_id);
	arena_free(arena);
}

static void an_event_names_the_janus_that_it_comes_from(void **state)
{
	static const char body[] =
	    "[{\"emitter\":\"north\",\"type\":256,\"timestamp\":5,"
	    "\"event\":{\"status\":\"started\"}},"
	    "{\"type\":256,\"timestamp\":6,\"event\":{\"status\":\"started\"}},"
	    "{\"emitter\":7,\"type\":256,\"timestamp\":7,\"event\":{\"status\":\"started\"}}]";
	struct arena *arena = arena_new();
	struct error error = {0};
	struct events events;

	(void)state;
	assert_true(janus_events_parse(arena, &secrets, body, sizeof body - 1, &events, &error));
	assert_string_equal(events.items[0].server, "north");
	assert_null(events.items[1].server);
	assert_null(events.items[2].server);
	event_place(&events.items[0], "south");
	assert_string_equal(events.items[0].ending.key, "south");
	assert_int_equal(events.items[0].ending.scope, END_SERVER);
	arena_free(arena);
}

static void an_unreadable_event_leaves_the_others(void **state)
{
	static const char body[] =
	    "[{\"type\":256,\"timestamp\":5,\"event\":{\"status\":\"started\"}},"
	    "{\"type\":\"64\",\"timestamp\":6,\"event\":{}},7,"
	    "{\"type\":256,\"timestamp\":8,\"event\":{\"status\":\"shutdown\"}}]";
	static const enum event_kind kinds[] = {
	    EVENT_ENDED, EVENT_MALFORMED, EVENT_MALFORMED, EVENT_ENDED};
	struct arena *arena = arena_new();
	struct error error = {0};
	struct events events;

	(void)state;
	assert_true(janus_events_parse(arena, &secrets, body, sizeof body - 1, &events, &error));
	assert_int_equal(events.count, 4);
	for (size_t i = 0; i < events.count; i++)
		assert_int_equal(events.items[i].kind, kinds[i]);
	assert_non_null(strstr(events.malformed, "type"));
	assert_true(events.items[3].ending.stamped_at == 8);
	arena_free(arena);
}

static struct event gate_event(struct arena *arena, const char *name)
{
	return event_parse(arena,
	    arena_printf(arena,
		"{\"type\":1024,\"timestamp\":%lld,\"session_id\":11,\"event\":{\"name\":\"%s\","
		"\"room\":\"room\",\"attendee\":\"ann\",\"id\":\"p-ann\"}}",
		(long long)at, name));
}

static void the_gate_tells_of_pages_that_come_and_go(void **state)
{
	static const struct {
		const char *name;
		enum event_kind kind;
	} told[] = {{"lost", EVENT_LOST}, {"back", EVENT_BACK}, {"found", EVENT_UNKNOWN}};
	struct arena *arena = arena_new();
	struct event event;

	(void)state;
	for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
		event = gate_event(arena, told[i].name);
		assert_int_equal(event.kind, told[i].kind);
		if (event.kind == EVENT_UNKNOWN)
			continue;
		assert_string_equal(event.session_id, "room");
		assert_string_equal(event.connection.device, "11");
		assert_string_equal(event.connection.attendee, "ann");
		assert_string_equal(event.connection.participant, "p-ann");
	}
	event = gate_event(arena, "left");
	assert_int_equal(event.kind, EVENT_ENDED);
	assert_int_equal(event.ending.scope, END_DEVICE);
	assert_string_equal(event.ending.key, "11");
	assert_true(event.ending.at == at);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_subscriber_is_in_when_attached),
	    cmocka_unit_test(a_sender_is_only_seen_when_attached),
	    cmocka_unit_test(a_foreign_token_proves_no_identity),
	    cmocka_unit_test(an_event_names_the_janus_that_it_comes_from),
	    cmocka_unit_test(an_unreadable_event_leaves_the_others),
	    cmocka_unit_test(the_gate_tells_of_pages_that_come_and_go),
	};

	return cmocka_run_group_tests_name("janus events", tests, NULL, NULL);
}
