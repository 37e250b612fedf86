/* Attendance: the same facts give the same rows, in any order and any number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "meeting/event.h"

enum {
	EVENTS_MAX = 33,
	REPEATED = 3,
	FACTS_MAX = EVENTS_MAX * REPEATED,
	PEOPLE = 4,
	ROW_MAX = 256,
};

/* The facts of a meeting in the order in which the service learnt them. A fact may appear twice. */
struct facts {
	struct connection connections[FACTS_MAX];
	size_t connection_count;
	struct ending endings[FACTS_MAX];
	size_t ending_count;
};

/* The merged facts of one person, and their summary. */
struct person {
	struct connection connections[FACTS_MAX];
	size_t connection_count;
	struct attendance attendance;
};

static const char *const attendees[] = {"ann", "bob", "Bob", "cem"};

static void fact_add(struct facts *facts, const struct event *event)
{
	if (event->kind == EVENT_OPENED) {
		assert_true(facts->connection_count < FACTS_MAX);
		facts->connections[facts->connection_count++] = event->connection;
	} else {
		assert_true(facts->ending_count < FACTS_MAX);
		facts->endings[facts->ending_count++] = event->ending;
	}
}

static void facts_merge(struct facts *facts)
{
	attendance_merge(
	    facts->connections, facts->connection_count, facts->endings, facts->ending_count);
}

/* Finds a person in the merged facts. False: the person was never in the meeting. */
static bool person_find(const struct facts *facts, const char *attendee, struct person *person)
{
	person->connection_count = 0;
	for (size_t i = 0; i < facts->connection_count; i++) {
		if (strcmp(facts->connections[i].attendee, attendee) == 0)
			person->connections[person->connection_count++] = facts->connections[i];
	}
	if (person->connection_count == 0)
		return false;
	person->attendance = attendance_summary(
	    person->connections, person->connection_count, facts->endings, facts->ending_count);
	return true;
}

static const char *text_or_dash(const char *text)
{
	return text == NULL ? "-" : text;
}

static int line_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void connection_print(const struct connection *c, char *line)
{
	snprintf(line, ROW_MAX, "connection %s %s %s %d %lld-%lld %s\n", c->connection_id,
	    c->attendee, c->participant, (int)c->role, (long long)c->joined_at,
	    (long long)c->left_at, text_or_dash(c->left_event));
}

static void person_print(const char *attendee, const struct attendance *a, char *line)
{
	snprintf(line, ROW_MAX,
	    "person %s %lld-%lld closed %lld open %lld devices %u role %d event %s %lld of %s at"
	    " %lld\n",
	    attendee, (long long)a->joined_on, (long long)a->left_on, (long long)a->closed_time,
	    (long long)a->open_since, a->devices, (int)a->role, text_or_dash(a->event),
	    (long long)a->event_at, a->event_connection->connection_id,
	    (long long)a->event_connection->joined_at);
}

/* Writes what the merged facts say, as sorted lines. A fact that came twice is one line. */
static void facts_print(const struct facts *facts, char *text, size_t size)
{
	static char lines[FACTS_MAX + PEOPLE][ROW_MAX];
	struct person person;
	size_t count = 0, used = 0;

	for (size_t i = 0; i < facts->connection_count; i++)
		connection_print(&facts->connections[i], lines[count++]);
	for (size_t i = 0; i < PEOPLE; i++) {
		if (person_find(facts, attendees[i], &person))
			person_print(attendees[i], &person.attendance, lines[count++]);
	}
	qsort(lines, count, sizeof lines[0], line_compare);
	*text = '\0';
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || strcmp(lines[i], lines[i - 1]) != 0)
			used += (size_t)snprintf(text + used, size - used, "%s", lines[i]);
	}
}

/* Random events. */

static uint64_t random_state;

/* splitmix64: it is small, and gives the same numbers on every machine. */
static uint64_t random_next(void)
{
	uint64_t z = random_state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

static size_t below(size_t bound)
{
	return (size_t)(random_next() % bound);
}

/* A device is on one media server; a person may be on both. An end without a name is for all
 * servers. */
static const char *const servers[] = {"north", "south", ""};

static const char *const participants[] = {"p-ann", "p-bob", "p-Bob", "p-cem"};

enum { DEVICES = 3, HANDLES = 2 };

/* Write the name of a connection, "<device>/<handle>", and of its device. */
static const char *connection_name(size_t person, size_t device, size_t handle)
{
	static char names[4][DEVICES][HANDLES][16];
	char *name = names[person][device][handle];

	snprintf(name, 16, "%zu%zu/%zu", person, device, handle);
	return name;
}

static const char *device_name(size_t person, size_t device)
{
	static char names[4][DEVICES][16];
	char *name = names[person][device];

	snprintf(name, 16, "%zu%zu", person, device);
	return name;
}

static struct event opened(size_t person, size_t device, size_t handle, int64_t at)
{
	/* The first handle sends. The second one only receives, so it has no participant. */
	bool viewer = handle > 0;

	return (struct event){.kind = EVENT_OPENED,
	    .at = at,
	    .connection = {.server = servers[device % 2],
		.connection_id = connection_name(person, device, handle),
		.device = device_name(person, device),
		.participant = viewer ? "" : participants[person],
		.attendee = attendees[person],
		.event = viewer ? "attached" : "joined",
		.role = viewer ? ROLE_SUBSCRIBER : (enum role)(ROLE_PUBLISHER + device % 2),
		.joined_at = at,
		.stamped_at = at,
		.left_at = TIME_NONE}};
}

static struct event ended(enum end_scope scope, const char *key, const char *name, int64_t at)
{
	return (struct event){.kind = EVENT_ENDED,
	    .at = at,
	    .ending = {.scope = scope, .key = key, .event = name, .at = at, .stamped_at = at}};
}

/* A fact of the service itself has no stamp. */
static struct event ended_by_service(
    enum end_scope scope, const char *key, const char *name, int64_t at)
{
	struct event event = ended(scope, key, name, at);

	event.ending.stamped_at = TIME_NONE;
	return event;
}

static struct event found(size_t person, size_t device, int64_t at)
{
	struct event event = opened(person, device, 0, at);

	event.connection.event = EVENT_NAME_FOUND;
	event.connection.stamped_at = TIME_NONE;
	return event;
}

/* A random event at the time `at`. */
static struct event event_random(int64_t at)
{
	size_t person = below(4), device = below(DEVICES), handle = below(HANDLES);

	switch (below(19)) {
	case 18:
		return ended(END_DEVICE, device_name(person, device), "left", at);
	case 16:
		return found(person, device, at);
	case 17:
		return ended_by_service(
		    END_CONNECTION, connection_name(person, device, 0), EVENT_NAME_LOST, at);
	case 0:
		return ended(END_ROOM, servers[below(3)], "destroyed", at);
	case 1:
		return ended(END_SERVER, servers[below(3)], below(2) ? "started" : "shutdown", at);
	case 2:
	case 3:
		return ended(END_PARTICIPANT, participants[person], "kicked", at);
	case 4:
	case 5:
	case 6:
		return ended(END_PARTICIPANT, participants[person], "leaving", at);
	case 7:
	case 8:
	case 9:
		return ended(
		    END_CONNECTION, connection_name(person, device, handle), "detached", at);
	default:
		return opened(person, device, handle, at);
	}
}

static size_t sequence_make(struct event *events)
{
	size_t count = 3 + below(30);
	int64_t at = 1000 * SECOND;

	for (size_t i = 0; i < count; i++) {
		events[i] = event_random(at);
		/* Several events may have the same time. */
		at += (int64_t)below(4) * SECOND;
	}
	return count;
}

/* Counts the seconds of [from, to) in which a person is in the meeting, one by one. This is slow,
 * but of the tested code it uses only left_at. */
static int64_t seconds_counted(
    const struct facts *facts, const char *attendee, int64_t from, int64_t to)
{
	int64_t count = 0;

	for (int64_t at = from; at < to; at += SECOND) {
		for (size_t i = 0; i < facts->connection_count; i++) {
			const struct connection *c = &facts->connections[i];

			if (strcmp(c->attendee, attendee) == 0 && !c->superseded &&
			    c->joined_at <= at && (c->left_at == TIME_NONE || c->left_at > at)) {
				count++;
				break;
			}
		}
	}
	return count;
}

static void seconds_check(const struct facts *facts)
{
	const int64_t from = 1000 * SECOND, to = 1200 * SECOND;
	struct person person;

	for (size_t i = 0; i < PEOPLE; i++) {
		if (!person_find(facts, attendees[i], &person))
			continue;
		assert_int_equal(attendance_seconds(person.attendance.closed_time,
				     person.attendance.open_since, to),
		    seconds_counted(facts, attendees[i], from, to));
	}
}

/* Adds each event one to three times, in random order. */
static void shuffled_add(struct facts *facts, const struct event *events, size_t count)
{
	size_t order[FACTS_MAX], total = 0;

	for (size_t i = 0; i < count; i++) {
		for (size_t times = 1 + below(REPEATED); times > 0; times--)
			order[total++] = i;
	}
	for (size_t i = total; i > 1; i--) {
		size_t other = below(i), swapped = order[i - 1];

		order[i - 1] = order[other];
		order[other] = swapped;
	}
	for (size_t i = 0; i < total; i++)
		fact_add(facts, &events[order[i]]);
}

static void any_order_and_repetition_gives_the_same_rows(void **state)
{
	enum { SEQUENCES = 1000, ORDERS = 10 };
	static char expected[FACTS_MAX * ROW_MAX * 2], got[FACTS_MAX * ROW_MAX * 2];
	const char *chosen = getenv("CONFAB_TEST_SEED");
	unsigned long long seed = chosen == NULL ? 20261122 : strtoull(chosen, NULL, 10);

	(void)state;
	print_message("seed %llu (CONFAB_TEST_SEED)\n", seed);
	random_state = seed;
	for (int sequence = 0; sequence < SEQUENCES; sequence++) {
		struct event events[EVENTS_MAX];
		size_t count = sequence_make(events);
		struct facts in_order = {0};

		for (size_t i = 0; i < count; i++)
			fact_add(&in_order, &events[i]);
		facts_merge(&in_order);
		seconds_check(&in_order);
		facts_print(&in_order, expected, sizeof expected);
		for (int order = 0; order < ORDERS; order++) {
			struct facts shuffled = {0};

			shuffled_add(&shuffled, events, count);
			facts_merge(&shuffled);
			facts_print(&shuffled, got, sizeof got);
			if (strcmp(expected, got) != 0)
				fail_msg("sequence %d, order %d:\n%s\nis not\n%s", sequence, order,
				    got, expected);
		}
	}
}

/* One person's events, with exact numbers. Times are seconds from 0. */

/* Adds facts and gives the summary of all facts of one person. It is good until the next call. */
static const struct attendance *attendance_of(
    struct facts *facts, const struct event *events, size_t count, const char *attendee)
{
	static struct person person;

	for (size_t i = 0; i < count; i++)
		fact_add(facts, &events[i]);
	facts_merge(facts);
	if (!person_find(facts, attendee, &person))
		fail_msg("%s was never there", attendee);
	return &person.attendance;
}

#define AFTER(...)                                                                                 \
	(const struct event[]){__VA_ARGS__},                                                       \
	    sizeof((const struct event[]){__VA_ARGS__}) / sizeof(struct event)

static int64_t seconds_of(const struct attendance *a, int64_t now)
{
	return attendance_seconds(a->closed_time, a->open_since, now * SECOND);
}

static void a_person_is_in_from_joining_to_leaving(void **state)
{
	struct facts facts = {0};
	const struct attendance *a;

	(void)state;
	a = attendance_of(&facts, AFTER(opened(0, 0, 0, 10 * SECOND)), "ann");
	assert_true(a->joined_on == 10 * SECOND && a->left_on == TIME_NONE);
	assert_true(a->open_since == 10 * SECOND);
	assert_int_equal(a->devices, 1);
	assert_int_equal(a->role, ROLE_PUBLISHER);
	assert_string_equal(a->event, "joined");
	assert_int_equal(seconds_of(a, 25), 15);
	a = attendance_of(
	    &facts, AFTER(ended(END_PARTICIPANT, "p-ann", "leaving", 30 * SECOND + 999999)), "ann");
	assert_true(a->left_on == 30 * SECOND + 999999 && a->open_since == TIME_NONE);
	assert_int_equal(a->devices, 0);
	assert_int_equal(a->role, ROLE_PUBLISHER);
	assert_string_equal(a->event, "leaving");
	assert_int_equal(seconds_of(a, 1000), 20);
}

static void an_end_may_be_received_before_its_opening(void **state)
{
	struct facts facts = {0};
	const struct attendance *a = attendance_of(&facts,
	    AFTER(ended(END_CONNECTION, "00/0", "detached", 30 * SECOND),
		opened(0, 0, 0, 10 * SECOND)),
	    "ann");

	(void)state;
	assert_true(a->left_on == 30 * SECOND);
	assert_int_equal(seconds_of(a, 1000), 20);
}

static void an_end_before_the_opening_does_not_end_it(void **state)
{
	struct facts facts = {0};
	const struct attendance *a = attendance_of(&facts,
	    AFTER(opened(0, 0, 0, 10 * SECOND), ended(END_ROOM, "", "destroyed", 9999999),
		ended(END_CONNECTION, "00/0", "detached", 9999999),
		ended(END_PARTICIPANT, "p-ann", "leaving", 9999999),
		ended(END_SERVER, "north", "started", 9999999)),
	    "ann");

	(void)state;
	assert_true(a->open_since == 10 * SECOND);
	assert_string_equal(a->event, "joined");
	a = attendance_of(
	    &facts, AFTER(ended(END_CONNECTION, "00/0", "detached", 10 * SECOND)), "ann");
	assert_true(a->left_on == 10 * SECOND); /* an end at the time of the opening ends it */
	assert_int_equal(seconds_of(a, 1000), 0);
}

static void the_end_of_a_device_ends_all_its_connections(void **state)
{
	struct facts facts = {0};
	const struct attendance *a = attendance_of(&facts,
	    AFTER(opened(0, 0, 0, 10 * SECOND), opened(0, 0, 1, 11 * SECOND),
		opened(0, 1, 0, 12 * SECOND),
		ended(END_CONNECTION, "00/0", "detached", 90 * SECOND),
		ended(END_DEVICE, "00", "left", 30 * SECOND)),
	    "ann");

	(void)state;
	assert_true(facts.connections[0].left_at == 30 * SECOND);
	assert_true(facts.connections[1].left_at == 30 * SECOND);
	assert_true(facts.connections[2].left_at == TIME_NONE);
	assert_int_equal(a->devices, 1);
}

static void the_earliest_end_counts(void **state)
{
	struct facts facts = {0};
	const struct attendance *a = attendance_of(&facts,
	    AFTER(opened(0, 0, 0, 10 * SECOND), ended(END_ROOM, "", "destroyed", 40 * SECOND),
		ended(END_PARTICIPANT, "p-ann", "kicked", 20 * SECOND),
		ended(END_CONNECTION, "00/0", "detached", 30 * SECOND)),
	    "ann");

	(void)state;
	assert_true(a->left_on == 20 * SECOND);
	assert_string_equal(facts.connections[0].left_event, "kicked");
	/* The latest event of this person is the end of the handle. The end of the room came later
	 * and did not end this connection. */
	assert_string_equal(a->event, "detached");
	assert_true(a->event_at == 30 * SECOND);
}

static void of_ends_at_the_same_time_the_narrowest_scope_counts(void **state)
{
	struct facts facts = {0};

	(void)state;
	attendance_of(&facts,
	    AFTER(opened(0, 0, 0, 0), ended(END_SERVER, "north", "started", 5),
		ended(END_ROOM, "", "d", 5), ended(END_PARTICIPANT, "p-ann", "leaving", 5)),
	    "ann");
	assert_string_equal(facts.connections[0].left_event, "leaving");
	attendance_of(&facts, AFTER(ended(END_PARTICIPANT, "p-ann", "kicked", 5)), "ann");
	assert_string_equal(facts.connections[0].left_event, "kicked");
	attendance_of(&facts, AFTER(ended(END_DEVICE, "00", "zz", 5)), "ann");
	assert_string_equal(facts.connections[0].left_event, "zz");
	attendance_of(&facts, AFTER(ended(END_CONNECTION, "00/0", "zzz", 5)), "ann");
	assert_string_equal(facts.connections[0].left_event, "zzz");
}

static void of_ends_with_equal_time_and_scope_the_lesser_name_counts(void **state)
{
	/* The tables keep only one of the two. A merge of both gives the same. */
	const struct event kicked = ended(END_PARTICIPANT, "p-ann", "kicked", 5);
	const struct event leaving = ended(END_PARTICIPANT, "p-ann", "leaving", 5);

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct connection connection = opened(0, 0, 0, 0).connection;
		const struct ending endings[] = {turn == 0 ? kicked.ending : leaving.ending,
		    turn == 0 ? leaving.ending : kicked.ending};

		attendance_merge(&connection, 1, endings, 2);
		assert_string_equal(connection.left_event, "kicked");
	}
}

static void a_return_is_another_stay(void **state)
{
	struct facts facts = {0};
	const struct attendance *a = attendance_of(&facts,
	    AFTER(opened(0, 0, 0, 10 * SECOND),
		ended(END_PARTICIPANT, "p-ann", "leaving", 20 * SECOND),
		opened(0, 0, 0, 50 * SECOND)),
	    "ann");

	(void)state;
	assert_true(a->joined_on == 10 * SECOND && a->left_on == TIME_NONE);
	assert_true(a->open_since == 50 * SECOND);
	assert_true(a->closed_time == 10 * SECOND);
	assert_int_equal(a->devices, 1);
	assert_int_equal(seconds_of(a, 60), 20);
	assert_int_equal(facts.connection_count, 2);
	/* On another handle, and left again. */
	a = attendance_of(&facts,
	    AFTER(ended(END_CONNECTION, "00/0", "detached", 60 * SECOND),
		opened(0, 1, 0, 100 * SECOND),
		ended(END_PARTICIPANT, "p-ann", "leaving", 103 * SECOND)),
	    "ann");
	assert_true(a->left_on == 103 * SECOND);
	assert_int_equal(seconds_of(a, 1000), 23);
}

static void two_devices_count_once(void **state)
{
	struct facts facts = {0};
	const struct attendance *a = attendance_of(&facts,
	    AFTER(opened(0, 0, 0, 10 * SECOND), opened(0, 1, 0, 15 * SECOND),
		opened(0, 1, 1, 16 * SECOND)),
	    "ann");

	(void)state;
	assert_int_equal(a->devices, 2);           /* the second device has two handles */
	assert_int_equal(a->role, ROLE_MODERATOR); /* the highest role of the open connections */
	assert_true(a->open_since == 10 * SECOND);
	assert_int_equal(seconds_of(a, 30), 20);
	/* The first connection ends. The present stay began with the second one. */
	a = attendance_of(
	    &facts, AFTER(ended(END_CONNECTION, "00/0", "detached", 40 * SECOND)), "ann");
	assert_int_equal(a->devices, 1);
	assert_true(a->open_since == 15 * SECOND);
	assert_true(a->closed_time == 5 * SECOND);
	assert_int_equal(seconds_of(a, 50), 40);
	a = attendance_of(&facts,
	    AFTER(ended(END_CONNECTION, "01/0", "detached", 60 * SECOND),
		ended(END_CONNECTION, "01/1", "detached", 70 * SECOND)),
	    "ann");
	assert_int_equal(seconds_of(a, 1000), 60);
	assert_int_equal(a->role, ROLE_SUBSCRIBER); /* of the connection that opened last */
}

static void a_connection_within_another_adds_nothing(void **state)
{
	struct facts facts = {0};
	const struct attendance *a = attendance_of(&facts,
	    AFTER(opened(0, 0, 1, 10 * SECOND), opened(0, 1, 1, 20 * SECOND),
		ended(END_CONNECTION, "01/1", "detached", 30 * SECOND),
		ended(END_CONNECTION, "00/1", "detached", 50 * SECOND),
		opened(0, 2, 1, 50 * SECOND),
		ended(END_CONNECTION, "02/1", "detached", 55 * SECOND)),
	    "ann");

	(void)state;
	assert_true(a->closed_time == 45 * SECOND);
	assert_true(a->left_on == 55 * SECOND);
}

static void the_end_of_a_participant_does_not_end_a_viewer(void **state)
{
	struct facts facts = {0};
	const struct attendance *a = attendance_of(&facts,
	    AFTER(opened(0, 0, 1, 10 * SECOND), ended(END_PARTICIPANT, "", "leaving", 20 * SECOND),
		ended(END_PARTICIPANT, "p-ann", "leaving", 20 * SECOND)),
	    "ann");

	(void)state;
	assert_true(a->open_since == 10 * SECOND);
	assert_int_equal(a->role, ROLE_SUBSCRIBER);
	a = attendance_of(
	    &facts, AFTER(ended(END_CONNECTION, "00/1", "detached", 20 * SECOND)), "ann");
	assert_true(a->left_on == 20 * SECOND);
}

static void the_end_of_a_room_or_a_restart_ends_all_connections(void **state)
{
	struct facts facts = {0};
	const struct attendance *a;

	(void)state;
	a = attendance_of(&facts,
	    AFTER(opened(0, 0, 0, 10 * SECOND), opened(1, 0, 1, 11 * SECOND),
		ended(END_ROOM, "", "destroyed", 20 * SECOND), opened(1, 0, 1, 21 * SECOND)),
	    "ann");
	assert_true(a->left_on == 20 * SECOND);
	assert_string_equal(a->event, "destroyed");
	a = attendance_of(&facts, AFTER(ended(END_SERVER, "north", "started", 30 * SECOND)), "bob");
	assert_true(a->left_on == 30 * SECOND);
	assert_int_equal(seconds_of(a, 1000), 18);
	assert_string_equal(a->event, "started");
	/* A person who had left does not leave again. */
	a = attendance_of(&facts, AFTER(opened(2, 0, 0, 40 * SECOND)), "ann");
	assert_true(a->left_on == 20 * SECOND && a->event_at == 20 * SECOND);
}

static void the_end_of_a_server_ends_its_own_connections_only(void **state)
{
	struct facts facts = {0};
	const struct attendance *a;

	(void)state;
	a = attendance_of(&facts,
	    AFTER(opened(0, 0, 0, 10 * SECOND), opened(1, 1, 0, 10 * SECOND),
		ended(END_SERVER, "south", "started", 20 * SECOND)),
	    "ann");
	assert_true(a->open_since == 10 * SECOND); /* on the server north */
	a = attendance_of(&facts, NULL, 0, "bob");
	assert_true(a->left_on == 20 * SECOND);
	assert_string_equal(a->event, "started");
}

static void a_person_on_two_servers_stays_if_one_ends(void **state)
{
	struct facts facts = {0};
	const struct attendance *a = attendance_of(&facts,
	    AFTER(opened(0, 0, 0, 10 * SECOND), opened(0, 1, 0, 15 * SECOND),
		ended(END_SERVER, "north", "shutdown", 20 * SECOND)),
	    "ann");

	(void)state;
	assert_int_equal(a->devices, 1);
	assert_true(a->open_since == 15 * SECOND);
	assert_int_equal(seconds_of(a, 30), 20);
}

/* A lost server destroys its room late. This does not end the room on the meeting's present server.
 */
static void the_end_of_a_room_on_one_server_leaves_the_room_on_another(void **state)
{
	struct facts facts = {0};
	const struct attendance *a = attendance_of(&facts,
	    AFTER(opened(0, 0, 0, 10 * SECOND), ended(END_ROOM, "south", "destroyed", 20 * SECOND)),
	    "ann");

	(void)state;
	assert_true(a->open_since == 10 * SECOND);
	a = attendance_of(&facts, AFTER(ended(END_ROOM, "", "ended", 30 * SECOND)), "ann");
	assert_true(a->left_on == 30 * SECOND);
}

/* Rows of earlier versions: an end of everything named no server. */
static void an_end_without_a_server_ends_all_connections(void **state)
{
	struct facts facts = {0};
	const struct attendance *a = attendance_of(&facts,
	    AFTER(opened(0, 0, 0, 10 * SECOND), opened(1, 1, 0, 10 * SECOND),
		ended(END_SERVER, "", "started", 20 * SECOND)),
	    "ann");

	(void)state;
	assert_true(a->left_on == 20 * SECOND);
	assert_true(attendance_of(&facts, NULL, 0, "bob")->left_on == 20 * SECOND);
}

static void the_case_of_letters_distinguishes_people(void **state)
{
	struct facts facts = {0};
	const struct attendance *a = attendance_of(&facts,
	    AFTER(opened(1, 0, 0, 10 * SECOND), opened(2, 0, 0, 20 * SECOND),
		ended(END_PARTICIPANT, "p-bob", "leaving", 30 * SECOND)),
	    "Bob");

	(void)state;
	assert_true(a->open_since == 20 * SECOND);
	a = attendance_of(&facts, NULL, 0, "bob");
	assert_true(a->left_on == 30 * SECOND);
}

/* The reconciler finds a person at 20 s. The event that they joined at 10 s comes later. */
static void an_event_replaces_the_connection_that_was_found(void **state)
{
	/* 21: the person joins while the list is made. */
	for (int64_t came = 10; came <= 21; came += 11) {
		struct facts facts = {0};
		const struct attendance *a = attendance_of(
		    &facts, AFTER(found(0, 0, 20 * SECOND), opened(0, 0, 0, came * SECOND)), "ann");

		(void)state;
		assert_true(a->joined_on == came * SECOND && a->open_since == came * SECOND);
		assert_string_equal(a->event, "joined");
		a = attendance_of(
		    &facts, AFTER(ended(END_PARTICIPANT, "p-ann", "leaving", 40 * SECOND)), "ann");
		assert_true(a->left_on == 40 * SECOND && a->closed_time == (40 - came) * SECOND);
	}
}

static void a_found_connection_without_an_event_stays(void **state)
{
	struct facts facts = {0};
	const struct attendance *a = attendance_of(&facts,
	    AFTER(opened(0, 0, 0, 10 * SECOND),
		ended(END_PARTICIPANT, "p-ann", "leaving", 15 * SECOND), found(0, 0, 20 * SECOND)),
	    "ann");

	(void)state;
	assert_true(a->open_since == 20 * SECOND && a->closed_time == 5 * SECOND);
}

static void the_true_end_counts_and_not_the_loss(void **state)
{
	struct facts facts = {0};
	const struct attendance *a = attendance_of(&facts,
	    AFTER(opened(0, 0, 0, 10 * SECOND),
		ended_by_service(END_CONNECTION, "00/0", EVENT_NAME_LOST, 30 * SECOND)),
	    "ann");

	(void)state;
	assert_true(a->left_on == 30 * SECOND);
	assert_string_equal(a->event, EVENT_NAME_LOST);
	a = attendance_of(
	    &facts, AFTER(ended(END_CONNECTION, "00/0", "detached", 20 * SECOND)), "ann");
	assert_true(a->left_on == 20 * SECOND);
	assert_string_equal(a->event, "detached");
}

/* Takes the events of one body, at the time `now`. */
static void received(struct event *items, size_t count, int64_t now)
{
	struct events events = {.items = items, .count = count};

	events_receive(&events, now);
}

static void the_time_of_an_event_is_never_after_its_receipt(void **state)
{
	const int64_t now = 100 * SECOND;
	struct event items[] = {opened(0, 0, 0, now + HOUR), opened(1, 0, 0, now - SECOND),
	    ended(END_PARTICIPANT, "p-ann", "leaving", now + HOUR + 1),
	    opened(0, 0, 0, now + HOUR + 2), {.kind = EVENT_MALFORMED}};
	struct events events = {.items = items, .count = 5};

	(void)state;
	assert_true(events_receive(&events, now) == HOUR + 2);
	for (size_t i = 0; i < 4; i++)
		assert_true(items[i].at < now + MILLISECOND);
	assert_true(items[0].connection.joined_at == items[0].at);
	assert_true(items[2].ending.at == items[2].at);
	assert_true(items[0].at < items[2].at && items[2].at < items[3].at);
	assert_true(items[1].at == now - SECOND && items[1].connection.joined_at == items[1].at);
	assert_true(items[0].connection.stamped_at == now + HOUR);
	assert_true(items[2].ending.stamped_at == now + HOUR + 1);
	events.count = 0;
	assert_true(events_receive(&events, now) == TIME_NONE);
}

static void a_connection_stamped_in_the_future_ends(void **state)
{
	struct event come = opened(0, 0, 0, 5000 * SECOND);
	struct event go = ended(END_PARTICIPANT, "p-ann", "leaving", 5010 * SECOND);
	struct facts facts = {0}, backwards = {0}, service = {0};
	const struct attendance *a;

	(void)state;
	received(&come, 1, 10 * SECOND);
	received(&go, 1, 20 * SECOND);
	a = attendance_of(&facts, AFTER(come, go), "ann");
	assert_true(a->left_on / SECOND == 20);
	/* The end came first. Its time is limited to the receipt, which is before the opening; it
	 * ends the connection anyway. */
	go = ended(END_PARTICIPANT, "p-ann", "leaving", 5010 * SECOND);
	received(&go, 1, 5 * SECOND);
	a = attendance_of(&backwards, AFTER(go, come), "ann");
	assert_true(a->open_since == TIME_NONE && a->left_on == a->joined_on);
	/* The service itself ends the connection by its own clock, also in the same millisecond. */
	a = attendance_of(&service,
	    AFTER(come, ended_by_service(END_ROOM, "", EVENT_NAME_ENDED, 10 * SECOND)), "ann");
	assert_true(a->open_since == TIME_NONE);
}

static void an_earlier_end_of_the_future_does_not_end_a_later_opening(void **state)
{
	struct event come = opened(0, 0, 0, 5020 * SECOND);
	struct event go = ended(END_PARTICIPANT, "p-ann", "leaving", 5010 * SECOND);
	struct facts facts = {0};
	const struct attendance *a;

	(void)state;
	received(&come, 1, 10 * SECOND);
	received(&go, 1, 20 * SECOND);
	a = attendance_of(&facts, AFTER(come, go), "ann");
	assert_true(a->open_since != TIME_NONE);
}

static void an_event_is_about_the_connection_opened_last(void **state)
{
	struct facts facts = {0};
	const struct attendance *a = attendance_of(&facts,
	    AFTER(opened(0, 2, 0, 10 * SECOND),
		ended(END_PARTICIPANT, "p-ann", "leaving", 20 * SECOND),
		opened(0, 1, 0, 30 * SECOND),
		ended(END_PARTICIPANT, "p-ann", "leaving", 40 * SECOND)),
	    "ann");

	(void)state;
	/* By the rule the second end covers both connections, but it belongs to the second one. */
	assert_true(a->event_at == 40 * SECOND);
	assert_string_equal(a->event_connection->connection_id, "01/0");
	assert_true(a->event_connection->joined_at == 30 * SECOND);
}

static void seconds_are_whole_and_never_run_backwards(void **state)
{
	(void)state;
	assert_int_equal(attendance_seconds(1999999, TIME_NONE, 0), 1);
	assert_int_equal(attendance_seconds(600000, 10 * SECOND, 11 * SECOND + 400000), 2);
	/* The clock of the provider may be ahead of this host's clock. */
	assert_int_equal(attendance_seconds(5 * SECOND, 10 * SECOND, 9 * SECOND), 5);
}

/* Stays. */

/* A connection of a person from `joined` to `left` (seconds; 0: still open). */
static struct connection connection_of(
    size_t person, size_t device, int64_t joined, int64_t left, const char *left_event)
{
	struct connection connection = opened(person, device, 0, joined * SECOND).connection;

	if (left != 0) {
		connection.left_at = left * SECOND;
		connection.left_event = left_event;
	}
	return connection;
}

static size_t stays_of(const struct connection *connections, size_t count, struct stay *stays)
{
	static const struct connection *order[FACTS_MAX];

	for (size_t i = 0; i < count; i++)
		order[i] = &connections[i];
	return attendance_stays(order, count, stays);
}

static void assert_stay(
    const struct stay *stay, const char *attendee, int64_t joined, int64_t left, const char *reason)
{
	assert_string_equal(stay->first->attendee, attendee);
	assert_int_equal(stay->joined_at, joined * SECOND);
	if (left == 0)
		assert_int_equal(stay->left_at, TIME_NONE);
	else
		assert_int_equal(stay->left_at, left * SECOND);
	if (reason == NULL)
		assert_null(stay_reason(stay));
	else
		assert_string_equal(stay_reason(stay), reason);
}

/* The provider's clock differs, and the service's times are cut to milliseconds. */
static void clocks_differ(struct facts *facts)
{
	for (size_t i = 0; i < facts->connection_count; i++) {
		facts->connections[i].joined_at += (int64_t)below(MILLISECOND);
		if (facts->connections[i].stamped_at != TIME_NONE)
			facts->connections[i].stamped_at += (int64_t)below(5) * SECOND;
	}
	for (size_t i = 0; i < facts->ending_count; i++) {
		if (facts->endings[i].stamped_at != TIME_NONE)
			facts->endings[i].stamped_at += (int64_t)below(5) * SECOND;
	}
}

/* An ending that covers everybody is read only from attendance_since() on. */
static void an_ending_before_since_covers_no_connection(void **state)
{
	enum { SEQUENCES = 1000 };

	(void)state;
	random_state = 11;
	for (int sequence = 0; sequence < SEQUENCES; sequence++) {
		struct event events[EVENTS_MAX];
		size_t event_count = sequence_make(events);
		struct facts facts = {0};
		struct attendance_since since;

		for (size_t i = 0; i < event_count; i++)
			fact_add(&facts, &events[i]);
		clocks_differ(&facts);
		since = attendance_since(facts.connections, facts.connection_count);
		for (size_t i = 0; i < facts.ending_count; i++) {
			const struct ending *ending = &facts.endings[i];

			if (ending->at >= since.at || ending->stamped_at >= since.stamped_at)
				continue;
			for (size_t k = 0; k < facts.connection_count; k++)
				assert_false(ending_covers(ending, &facts.connections[k]));
		}
	}
}

/* So the end of a room does not change people who left before. */
static void the_end_of_a_room_does_not_change_people_who_left(void **state)
{
	struct facts facts = {0};
	struct attendance before, after;

	(void)state;
	before = *attendance_of(&facts,
	    AFTER(opened(0, 0, 0, 10 * SECOND),
		ended(END_PARTICIPANT, "p-ann", "leaving", 20 * SECOND)),
	    "ann");
	after = *attendance_of(&facts,
	    AFTER(ended(END_ROOM, "", "destroyed", 20 * SECOND + 1),
		ended(END_SERVER, "", "started", 21 * SECOND)),
	    "ann");
	assert_true(after.left_on == before.left_on && after.event_at == before.event_at);
	assert_string_equal(after.event, before.event);
	assert_string_equal(facts.connections[0].left_event, "leaving");
}

static void no_connections_give_no_stays(void **state)
{
	struct stay stays[1];

	(void)state;
	assert_int_equal(attendance_stays(NULL, 0, stays), 0);
}

static void a_stay_lasts_while_any_connection_is_open(void **state)
{
	/* Two devices that overlap, and a third one within the first; then the person comes back
	 * and stays. */
	const struct connection connections[] = {
	    connection_of(0, 0, 10, 20, "leaving"),
	    connection_of(0, 1, 15, 30, "kicked"),
	    connection_of(0, 2, 12, 13, "detached"),
	    connection_of(0, 0, 50, 0, NULL),
	    connection_of(0, 1, 55, 60, "leaving"),
	    connection_of(0, 1, 90, 95, "leaving"),
	};
	struct stay stays[6];

	(void)state;
	assert_int_equal(stays_of(connections, 6, stays), 2);
	assert_stay(&stays[0], "ann", 10, 30, "removed");
	assert_stay(&stays[1], "ann", 50, 0, NULL);
}

static void stays_that_touch_are_one(void **state)
{
	const struct connection connections[] = {
	    connection_of(0, 0, 10, 20, "leaving"),
	    connection_of(0, 1, 20, 30, "detached"),
	    connection_of(0, 2, 30, 30, "lost"), /* came and left at the same moment */
	    connection_of(0, 0, 31, 31, "leaving"),
	};
	struct stay stays[4];

	(void)state;
	assert_int_equal(stays_of(connections, 4, stays), 2);
	assert_stay(&stays[0], "ann", 10, 30, "left"); /* "detached" comes before "lost" */
	assert_stay(&stays[1], "ann", 31, 31, "left");
}

static void a_stay_has_the_highest_role_of_its_connections(void **state)
{
	struct connection connections[] = {
	    connection_of(0, 0, 10, 20, "leaving"),
	    connection_of(0, 1, 15, 18, "leaving"),
	    connection_of(0, 2, 16, 40, "leaving"),
	    connection_of(0, 0, 50, 60, "leaving"),
	};
	struct stay stays[4];

	(void)state;
	connections[0].role = ROLE_SUBSCRIBER;
	connections[1].role = ROLE_MODERATOR;
	connections[2].role = ROLE_PUBLISHER;
	connections[3].role = ROLE_SUBSCRIBER;
	assert_int_equal(stays_of(connections, 4, stays), 2);
	assert_int_equal(stays[0].role, ROLE_MODERATOR);
	assert_int_equal(stays[1].role, ROLE_SUBSCRIBER);
}

static void stays_are_in_the_order_of_time_and_name(void **state)
{
	const struct connection connections[] = {
	    connection_of(2, 0, 20, 40, "leaving"),
	    connection_of(1, 0, 20, 0, NULL),
	    connection_of(0, 0, 30, 40, "leaving"),
	    connection_of(0, 0, 10, 20, "leaving"),
	};
	struct stay stays[4];

	(void)state;
	assert_int_equal(stays_of(connections, 4, stays), 4);
	assert_stay(&stays[0], "ann", 10, 20, "left");
	assert_stay(&stays[1], "Bob", 20, 40, "left");
	assert_stay(&stays[2], "bob", 20, 0, NULL);
	assert_stay(&stays[3], "ann", 30, 40, "left");
	assert_ptr_equal(stays[3].first, &connections[2]);
}

static void the_reason_is_that_of_the_last_end(void **state)
{
	static const char *const reasons[][2] = {{"leaving", "left"}, {"detached", "left"},
	    {"kicked", "removed"}, {"removed", "removed"}, {"ended", "ended"},
	    {"destroyed", "ended"}, {"started", "restarted"}, {"shutdown", "restarted"},
	    {"lost", "lost"}};

	(void)state;
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
		const struct stay stay = {.left_at = 5, .left_event = reasons[i][0]};

		assert_string_equal(stay_reason(&stay), reasons[i][1]);
	}
	for (int turn = 0; turn < 2; turn++) {
		const struct connection connections[] = {
		    connection_of(0, turn == 0 ? 0 : 1, 10, 30, "leaving"),
		    connection_of(0, turn == 0 ? 1 : 0, 10, 30, "kicked"),
		    connection_of(0, 2, 11, 29, "lost"),
		};
		struct stay stay;

		assert_int_equal(stays_of(connections, 3, &stay), 1);
		assert_string_equal(stay_reason(&stay), "removed");
	}
}

/* The sum of a person's stays. Each stay must begin after the end of the one before. */
static int64_t stays_sum(const struct stay *stays, size_t count, const char *attendee, int64_t now)
{
	int64_t sum = 0, left_at = INT64_MIN;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(stays[i].first->attendee, attendee) != 0)
			continue;
		assert_true(stays[i].joined_at > left_at);
		assert_true((stays[i].left_at == TIME_NONE) == (stays[i].left_event == NULL));
		left_at = stays[i].left_at == TIME_NONE ? now : stays[i].left_at;
		assert_true(left_at >= stays[i].joined_at);
		sum += left_at - stays[i].joined_at;
	}
	return sum;
}

static void connections_shuffle(struct connection *connections, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		size_t other = below(i);
		struct connection swapped = connections[i - 1];

		connections[i - 1] = connections[other];
		connections[other] = swapped;
	}
}

static void assert_same_stays(const struct stay *stays, const struct stay *others, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(stays[i].first->attendee, others[i].first->attendee);
		assert_string_equal(stays[i].first->connection_id, others[i].first->connection_id);
		assert_int_equal(stays[i].joined_at, others[i].joined_at);
		assert_int_equal(stays[i].left_at, others[i].left_at);
		assert_int_equal(stays[i].role, others[i].role);
		assert_string_equal(
		    text_or_dash(stays[i].left_event), text_or_dash(others[i].left_event));
	}
}

static void stays_do_not_overlap_and_add_up_in_any_order(void **state)
{
	enum { SEQUENCES = 2000, ORDERS = 5 };
	const int64_t now = 2000 * SECOND;

	(void)state;
	random_state = 7;
	for (int sequence = 0; sequence < SEQUENCES; sequence++) {
		struct event events[EVENTS_MAX];
		size_t event_count = sequence_make(events), count;
		struct facts facts = {0};
		struct person person;
		struct stay stays[FACTS_MAX];

		for (size_t i = 0; i < event_count; i++)
			fact_add(&facts, &events[i]);
		facts_merge(&facts);
		count = stays_of(facts.connections, facts.connection_count, stays);
		for (size_t i = 0; i < PEOPLE; i++) {
			const struct attendance *a = &person.attendance;

			if (!person_find(&facts, attendees[i], &person))
				continue;
			assert_int_equal(stays_sum(stays, count, attendees[i], now),
			    a->closed_time +
				(a->open_since == TIME_NONE ? 0 : now - a->open_since));
		}
		for (int order = 0; order < ORDERS; order++) {
			struct connection shuffled[FACTS_MAX];
			struct stay others[FACTS_MAX];

			memcpy(shuffled, facts.connections, sizeof shuffled);
			connections_shuffle(shuffled, facts.connection_count);
			assert_int_equal(stays_of(shuffled, facts.connection_count, others), count);
			assert_same_stays(stays, others, count);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_person_is_in_from_joining_to_leaving),
	    cmocka_unit_test(an_end_may_be_received_before_its_opening),
	    cmocka_unit_test(an_end_before_the_opening_does_not_end_it),
	    cmocka_unit_test(the_end_of_a_device_ends_all_its_connections),
	    cmocka_unit_test(the_earliest_end_counts),
	    cmocka_unit_test(of_ends_at_the_same_time_the_narrowest_scope_counts),
	    cmocka_unit_test(of_ends_with_equal_time_and_scope_the_lesser_name_counts),
	    cmocka_unit_test(a_return_is_another_stay),
	    cmocka_unit_test(two_devices_count_once),
	    cmocka_unit_test(a_connection_within_another_adds_nothing),
	    cmocka_unit_test(the_end_of_a_participant_does_not_end_a_viewer),
	    cmocka_unit_test(the_end_of_a_room_or_a_restart_ends_all_connections),
	    cmocka_unit_test(the_end_of_a_server_ends_its_own_connections_only),
	    cmocka_unit_test(a_person_on_two_servers_stays_if_one_ends),
	    cmocka_unit_test(the_end_of_a_room_on_one_server_leaves_the_room_on_another),
	    cmocka_unit_test(an_end_without_a_server_ends_all_connections),
	    cmocka_unit_test(the_case_of_letters_distinguishes_people),
	    cmocka_unit_test(an_event_is_about_the_connection_opened_last),
	    cmocka_unit_test(seconds_are_whole_and_never_run_backwards),
	    cmocka_unit_test(an_event_replaces_the_connection_that_was_found),
	    cmocka_unit_test(a_found_connection_without_an_event_stays),
	    cmocka_unit_test(the_true_end_counts_and_not_the_loss),
	    cmocka_unit_test(the_time_of_an_event_is_never_after_its_receipt),
	    cmocka_unit_test(a_connection_stamped_in_the_future_ends),
	    cmocka_unit_test(an_earlier_end_of_the_future_does_not_end_a_later_opening),
	    cmocka_unit_test(any_order_and_repetition_gives_the_same_rows),
	    cmocka_unit_test(an_ending_before_since_covers_no_connection),
	    cmocka_unit_test(the_end_of_a_room_does_not_change_people_who_left),
	    cmocka_unit_test(no_connections_give_no_stays),
	    cmocka_unit_test(a_stay_lasts_while_any_connection_is_open),
	    cmocka_unit_test(stays_that_touch_are_one),
	    cmocka_unit_test(a_stay_has_the_highest_role_of_its_connections),
	    cmocka_unit_test(stays_are_in_the_order_of_time_and_name),
	    cmocka_unit_test(the_reason_is_that_of_the_last_end),
	    cmocka_unit_test(stays_do_not_overlap_and_add_up_in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
