/* Attendance of a meeting: a merge of facts. Any order of the facts gives the same result. */
#include "meeting/attendance.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "meeting/event.h"

/* Is the ending not before the opening? The service's clock has milliseconds: the service's own
 * ending in the same millisecond comes after the opening. */
static bool ending_follows(const struct ending *ending, const struct connection *connection)
{
	if (ending->stamped_at != TIME_NONE && connection->stamped_at != TIME_NONE)
		return ending->stamped_at >= connection->stamped_at;
	return ending->at + MILLISECOND > connection->joined_at;
}

bool ending_covers(const struct ending *ending, const struct connection *connection)
{
	if (!ending_follows(ending, connection))
		return false;
	switch (ending->scope) {
	case END_CONNECTION:
		return strcmp(ending->key, connection->connection_id) == 0;
	case END_DEVICE:
		return strcmp(ending->key, connection->device) == 0;
	case END_PARTICIPANT:
		return *connection->participant != '\0' &&
		       strcmp(ending->key, connection->participant) == 0;
	case END_ROOM:
	case END_SERVER:
		return *ending->key == '\0' || strcmp(ending->key, connection->server) == 0;
	}
	return false;
}

struct attendance_since attendance_since(const struct connection *connections, size_t count)
{
	struct attendance_since since = {.at = TIME_MAX, .stamped_at = TIME_MAX};

	for (size_t i = 0; i < count; i++) {
		const struct connection *connection = &connections[i];

		if (connection->joined_at < since.at)
			since.at = connection->joined_at;
		if (connection->stamped_at != TIME_NONE &&
		    connection->stamped_at < since.stamped_at)
			since.stamped_at = connection->stamped_at;
	}
	since.at -= MILLISECOND; /* ending_follows() */
	return since;
}

/* How much it covers, from one connection to a whole server. */
static int breadth(enum end_scope scope)
{
	static const int breadths[] = {[END_CONNECTION] = 1,
	    [END_DEVICE] = 2,
	    [END_PARTICIPANT] = 3,
	    [END_ROOM] = 4,
	    [END_SERVER] = 5};

	return breadths[scope];
}

/* Of two endings that cover a connection: has `a` ended it? */
static bool ending_before(const struct ending *a, const struct ending *b)
{
	if (a->at != b->at)
		return a->at < b->at;
	if (a->scope != b->scope)
		return breadth(a->scope) < breadth(b->scope);
	return strcmp(a->event, b->event) < 0;
}

static const struct ending *ending_of(
    const struct connection *connection, const struct ending *endings, size_t ending_count)
{
	const struct ending *first = NULL;

	for (size_t i = 0; i < ending_count; i++) {
		if (ending_covers(&endings[i], connection) &&
		    (first == NULL || ending_before(&endings[i], first)))
			first = &endings[i];
	}
	return first;
}

void attendance_merge(struct connection *connections, size_t connection_count,
    const struct ending *endings, size_t ending_count)
{
	for (size_t i = 0; i < connection_count; i++) {
		struct connection *connection = &connections[i];
		const struct ending *ending = ending_of(connection, endings, ending_count);

		connection->left_at = ending == NULL ? TIME_NONE : ending->at;
		connection->left_event = ending == NULL ? NULL : ending->event;
		/* The provider's clock is ahead, and the ending arrived before the opening. */
		if (ending != NULL && ending->at < connection->joined_at)
			connection->left_at = connection->joined_at;
	}
	attendance_supersede(connections, connection_count);
}

static bool overlap(const struct connection *a, const struct connection *b)
{
	return (a->left_at == TIME_NONE || b->joined_at <= a->left_at) &&
	       (b->left_at == TIME_NONE || a->joined_at <= b->left_at);
}

static bool is_found(const struct connection *connection)
{
	return strcmp(connection->event, EVENT_NAME_FOUND) == 0;
}

static bool told_of(
    const struct connection *found, const struct connection *connections, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct connection *told = &connections[i];

		if (!is_found(told) && strcmp(told->connection_id, found->connection_id) == 0 &&
		    strcmp(told->attendee, found->attendee) == 0 && overlap(told, found))
			return true;
	}
	return false;
}

void attendance_supersede(struct connection *connections, size_t count)
{
	for (size_t i = 0; i < count; i++)
		connections[i].superseded =
		    is_found(&connections[i]) && told_of(&connections[i], connections, count);
}

static int opening_compare(const void *a, const void *b)
{
	const struct connection *one = a, *other = b;

	if (one->joined_at != other->joined_at)
		return one->joined_at < other->joined_at ? -1 : 1;
	return strcmp(one->connection_id, other->connection_id);
}

static bool device_seen(const struct connection *connections, size_t count, const char *device)
{
	for (size_t i = 0; i < count; i++) {
		if (connections[i].left_at == TIME_NONE &&
		    strcmp(connections[i].device, device) == 0)
			return true;
	}
	return false;
}

/* The length of the union of the ended connections, up to `until`. The connections are in the order
 * of their openings. */
static int64_t closed_union(const struct connection *connections, size_t count, int64_t until)
{
	int64_t total = 0, covered_to = INT64_MIN;

	for (size_t i = 0; i < count; i++) {
		int64_t from = connections[i].joined_at, to = connections[i].left_at;

		if (to == TIME_NONE)
			continue;
		if (until != TIME_NONE && to > until)
			to = until;
		if (from < covered_to)
			from = covered_to;
		if (to <= from)
			continue;
		total += to - from;
		covered_to = to;
	}
	return total;
}

/* Keeps the event if it is later than the present one (ties: the greater name). One ending may
 * cover several connections of a participant: it counts for the last opening. The callers go in the
 * order of the openings. */
static void event_keep(struct attendance *attendance, int64_t at, const char *event,
    const struct connection *connection)
{
	if (attendance->event != NULL &&
	    (at < attendance->event_at ||
		(at == attendance->event_at && strcmp(event, attendance->event) < 0)))
		return;
	attendance->event_at = at;
	attendance->event = event;
	attendance->event_connection = connection;
}

static void events_keep(struct attendance *attendance, const struct connection *connection,
    const struct ending *endings, size_t ending_count)
{
	event_keep(attendance, connection->joined_at, connection->event, connection);
	if (connection->left_at != TIME_NONE)
		event_keep(attendance, connection->left_at, connection->left_event, connection);
	for (size_t i = 0; i < ending_count; i++) {
		if (breadth(endings[i].scope) <= breadth(END_PARTICIPANT) &&
		    strcmp(endings[i].event, EVENT_NAME_LOST) != 0 &&
		    ending_covers(&endings[i], connection))
			event_keep(attendance, endings[i].at, endings[i].event, connection);
	}
}

/* Removes the superseded connections. Of overlapping connections at least one remains. */
static size_t superseded_drop(struct connection *connections, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (!connections[i].superseded)
			connections[kept++] = connections[i];
	}
	return kept;
}

struct attendance attendance_summary(struct connection *connections, size_t connection_count,
    const struct ending *endings, size_t ending_count)
{
	struct attendance attendance = {.open_since = TIME_NONE, .left_on = TIME_NONE};

	connection_count = superseded_drop(connections, connection_count);
	qsort(connections, connection_count, sizeof *connections, opening_compare);
	attendance.joined_on = connections[0].joined_at;
	for (size_t i = 0; i < connection_count; i++) {
		const struct connection *connection = &connections[i];

		events_keep(&attendance, connection, endings, ending_count);
		if (connection->left_at == TIME_NONE) {
			if (!device_seen(connections, i, connection->device))
				attendance.devices++;
			if (attendance.open_since == TIME_NONE)
				attendance.open_since = connection->joined_at;
			if (connection->role > attendance.role)
				attendance.role = connection->role;
		} else if (connection->left_at > attendance.left_on) {
			attendance.left_on = connection->left_at;
		}
	}
	if (attendance.open_since != TIME_NONE)
		attendance.left_on = TIME_NONE;
	else
		attendance.role = connections[connection_count - 1].role;
	attendance.closed_time = closed_union(connections, connection_count, attendance.open_since);
	return attendance;
}

int64_t attendance_seconds(int64_t closed_time, int64_t open_since, int64_t now)
{
	if (open_since != TIME_NONE && now > open_since)
		closed_time += now - open_since;
	return closed_time / SECOND;
}

static int person_compare(const void *a, const void *b)
{
	const struct connection *const *one = a, *const *other = b;
	int order = strcmp((*one)->attendee, (*other)->attendee);

	return order != 0 ? order : opening_compare(*one, *other);
}

static int stay_compare(const void *a, const void *b)
{
	const struct stay *one = a, *other = b;

	if (one->joined_at != other->joined_at)
		return one->joined_at < other->joined_at ? -1 : 1;
	return strcmp(one->first->attendee, other->first->attendee);
}

/* Does this connection belong to the stay? All connections of the stay opened before it. */
static bool stay_goes_on(const struct stay *stay, const struct connection *connection)
{
	return strcmp(stay->first->attendee, connection->attendee) == 0 &&
	       (stay->left_at == TIME_NONE || connection->joined_at <= stay->left_at);
}

static void stay_extend(struct stay *stay, const struct connection *connection)
{
	if (connection->role > stay->role)
		stay->role = connection->role;
	if (stay->left_at == TIME_NONE)
		return;
	if (connection->left_at == TIME_NONE || connection->left_at > stay->left_at ||
	    (connection->left_at == stay->left_at &&
		strcmp(connection->left_event, stay->left_event) < 0)) {
		stay->left_at = connection->left_at;
		stay->left_event = connection->left_event;
	}
}

size_t attendance_stays(const struct connection **connections, size_t count, struct stay *stays)
{
	size_t stay_count = 0, kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (!connections[i]->superseded)
			connections[kept++] = connections[i];
	}
	count = kept;
	if (count > 0)
		qsort(connections, count, sizeof *connections, person_compare);
	for (size_t i = 0; i < count; i++) {
		const struct connection *connection = connections[i];

		if (stay_count > 0 && stay_goes_on(&stays[stay_count - 1], connection))
			stay_extend(&stays[stay_count - 1], connection);
		else
			stays[stay_count++] = (struct stay){.first = connection,
			    .role = connection->role,
			    .joined_at = connection->joined_at,
			    .left_at = connection->left_at,
			    .left_event = connection->left_event};
	}
	if (stay_count > 0)
		qsort(stays, stay_count, sizeof *stays, stay_compare);
	return stay_count;
}

const char *stay_reason(const struct stay *stay)
{
	static const struct {
		const char *event, *reason;
	} reasons[] = {{"kicked", "removed"}, {EVENT_NAME_REMOVED, "removed"},
	    {EVENT_NAME_ENDED, "ended"}, {"destroyed", "ended"}, {"started", "restarted"},
	    {"shutdown", "restarted"}, {EVENT_NAME_LOST, "lost"}};

	if (stay->left_event == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
		if (strcmp(reasons[i].event, stay->left_event) == 0)
			return reasons[i].reason;
	}
	return "left"; /* "leaving", "detached" */
}
