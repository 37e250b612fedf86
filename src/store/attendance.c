/* Attendance in the database: reads one person's facts, merges them with meeting/attendance.c, and
 * writes the results. */
#include "store/attendance.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/db_row.h"
#include "store/grants.h"
#include "store/meetings.h"

/* One transaction that updates people of a session. */
struct settling {
	struct db *db;
	struct arena *arena;
	const char *session_id;
	int64_t now;
	const struct connection **opened; /* the connections that this transaction has added */
	size_t opened_count;
	struct attendance_changes *changes;
};

static bool is_added(const struct settling *settling, const struct connection *connection)
{
	for (size_t i = 0; i < settling->opened_count; i++) {
		const struct connection *added = settling->opened[i];

		if (strcmp(added->connection_id, connection->connection_id) == 0 &&
		    added->joined_at == connection->joined_at)
			return true;
	}
	return false;
}

/* `pointers` has room for `count`. */
static struct stay *stays_make(
    struct arena *arena, const struct connection **pointers, size_t *count)
{
	struct stay *stays = arena_alloc(arena, (*count + 1) * sizeof *stays);

	*count = attendance_stays(pointers, *count, stays);
	return stays;
}

/* Adds the changes of one person. `before` are the rows of their connections, with those that this
 * transaction has added; `after` are the merged ones. */
static void changes_note(const struct settling *settling, struct connection *before,
    const struct connection *after, size_t count)
{
	struct arena *arena = settling->arena;
	const struct connection **pointers = arena_alloc(arena, count * sizeof *pointers);
	size_t before_count = 0, after_count = count;
	struct stay *stays_before, *stays_after;

	for (size_t i = 0; i < count; i++) {
		if (!is_added(settling, &before[i]))
			before[before_count++] = before[i];
	}
	attendance_supersede(before, before_count);
	for (size_t i = 0; i < before_count; i++)
		pointers[i] = &before[i];
	stays_before = stays_make(arena, pointers, &before_count);
	for (size_t i = 0; i < count; i++)
		pointers[i] = &after[i];
	stays_after = stays_make(arena, pointers, &after_count);
	attendance_compare(
	    arena, stays_before, before_count, stays_after, after_count, settling->changes);
}

static void changes_name(
    struct attendance_changes *changes, size_t first, const struct grant *grant)
{
	for (size_t i = first; i < changes->count; i++) {
		changes->items[i].name = grant->name;
		changes->items[i].verified = grant->verified;
	}
}

/* Merges the connections, and writes those with a changed end. */
static enum db_outcome connections_settle(const struct settling *settling,
    struct connection *connections, size_t count, const struct ending *endings, size_t ending_count)
{
	size_t size = count * sizeof *connections;
	struct connection *before = arena_alloc(settling->arena, size);

	memcpy(before, connections, size);
	attendance_merge(connections, count, endings, ending_count);
	for (size_t i = 0; i < count; i++) {
		if (connections[i].left_at != before[i].left_at ||
		    !text_equal(connections[i].left_event, before[i].left_event))
			DB_TRY(connection_set_left(settling->db, &connections[i], settling->now));
	}
	changes_note(settling, before, connections, count);
	return DB_OK;
}

/* Merges one person's facts, and writes the results. */
static enum db_outcome attendee_settle(const struct settling *settling, const char *attendee)
{
	struct db *db = settling->db;
	struct arena *arena = settling->arena;
	const char *session_id = settling->session_id;
	const size_t first = settling->changes->count;
	struct connection *connections;
	struct ending *endings;
	struct attendance attendance;
	struct grant grant;
	size_t count, ending_count;

	DB_TRY(connections_of(db, arena, session_id, attendee, &connections, &count));
	if (count == 0)
		return DB_OK;
	DB_TRY(endings_of(db, arena, session_id, connections, count, &endings, &ending_count));
	DB_TRY(connections_settle(settling, connections, count, endings, ending_count));
	attendance = attendance_summary(connections, count, endings, ending_count);
	DB_TRY(grant_highest(db, arena, session_id, attendee, &grant));
	changes_name(settling->changes, first, &grant);
	return attendee_put(db, arena, session_id, attendee, &grant, &attendance, settling->now);
}

/* A set of people, in a list: it is small. */
struct people {
	const char **names;
	size_t count;
	size_t size;
};

static void people_add(struct people *people, struct arena *arena, const char *name)
{
	for (size_t i = 0; i < people->count; i++) {
		if (strcmp(people->names[i], name) == 0)
			return;
	}
	if (people->count == people->size) {
		size_t size = people->size == 0 ? 16 : people->size * 2;
		const char **names = arena_alloc(arena, size * sizeof *names);

		if (people->count > 0)
			memcpy(names, people->names, people->count * sizeof *names);
		people->names = names;
		people->size = size;
	}
	people->names[people->count++] = name;
}

static enum db_outcome people_of_ending(struct db *db, struct arena *arena, const char *session_id,
    const struct ending *ending, struct people *people)
{
	const char **attendees;
	size_t count;

	DB_TRY(attendees_of_ending(db, arena, session_id, ending, &attendees, &count));
	for (size_t i = 0; i < count; i++)
		people_add(people, arena, attendees[i]);
	return DB_OK;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum db_outcome people_settle(const struct settling *settling, const struct people *people)
{
	/* Always in the same order: otherwise two transactions could deadlock. */
	if (people->count > 0)
		qsort(people->names, people->count, sizeof *people->names, name_compare);
	for (size_t i = 0; i < people->count; i++)
		DB_TRY(attendee_settle(settling, people->names[i]));
	return DB_OK;
}

enum db_outcome attendance_apply(struct db *db, struct arena *arena, const char *session_id,
    const struct event *events, size_t count, int64_t now, struct attendance_changes *changes,
    bool *known)
{
	struct settling settling = {.db = db,
	    .arena = arena,
	    .session_id = session_id,
	    .now = now,
	    .opened = arena_alloc(arena, (count + 1) * sizeof *settling.opened),
	    .changes = changes};
	struct people people = {0};
	bool there;

	*changes = (struct attendance_changes){0};
	DB_TRY(meeting_touch(db, session_id, known));
	if (!*known)
		return DB_OK;
	for (size_t i = 0; i < count; i++) {
		const struct event *event = &events[i];

		if (event->kind == EVENT_OPENED) {
			DB_TRY(
			    connection_add(db, arena, session_id, &event->connection, now, &there));
			if (!there)
				settling.opened[settling.opened_count++] = &event->connection;
			people_add(&people, arena, event->connection.attendee);
		} else if (event->kind == EVENT_ENDED) {
			DB_TRY(ending_add(db, session_id, &event->ending, now));
			DB_TRY(people_of_ending(db, arena, session_id, &event->ending, &people));
		}
	}
	return people_settle(&settling, &people);
}

enum db_outcome attendance_end_server(struct db *db, const struct ending *ending, int64_t now)
{
	return ending_add(db, "", ending, now);
}

enum db_outcome attendance_settle(struct db *db, struct arena *arena, const char *session_id,
    const char *server, int64_t at, int64_t now, struct attendance_changes *changes)
{
	const struct ending ending = {
	    .scope = END_SERVER, .key = server, .at = at, .stamped_at = TIME_NONE};
	const struct settling settling = {
	    .db = db, .arena = arena, .session_id = session_id, .now = now, .changes = changes};
	struct people people = {0};
	bool known;

	*changes = (struct attendance_changes){0};
	DB_TRY(meeting_touch(db, session_id, &known));
	DB_TRY(people_of_ending(db, arena, session_id, &ending, &people));
	return people_settle(&settling, &people);
}

/* Makes the service's own ending of one connection. Its time is not before the opening, which comes
 * from another host's clock. */
static struct event removal(const struct open_connection *connection, int64_t now)
{
	int64_t at = connection->joined_at > now ? connection->joined_at : now;

	return (struct event){.kind = EVENT_ENDED,
	    .name = EVENT_NAME_REMOVED,
	    .session_id = connection->session_id,
	    .at = at,
	    .ending = {.scope = END_CONNECTION,
		.key = connection->connection_id,
		.event = EVENT_NAME_REMOVED,
		.at = at,
		.stamped_at = TIME_NONE}};
}

enum db_outcome attendance_remove(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, int64_t now, const char ***devices, size_t *device_count,
    struct attendance_changes *changes)
{
	struct open_connection *open;
	struct event *events;
	size_t count;
	bool known;

	DB_TRY(attendance_open_of(db, arena, session_id, attendee, &open, &count));
	events = arena_alloc(arena, (count + 1) * sizeof *events);
	for (size_t i = 0; i < count; i++)
		events[i] = removal(&open[i], now);
	DB_TRY(attendance_apply(db, arena, session_id, events, count, now, changes, &known));
	return attendance_devices_of(db, arena, session_id, attendee, devices, device_count);
}

struct attended_name {
	const char *name;
};

static const struct db_column name_columns[] = {DB_COLUMN(struct attended_name, name)};

enum db_outcome attendance_find(
    struct db *db, struct arena *arena, struct target target, struct attended *attended)
{
	/* A meeting without connections gives one row of NULLs. */
	static const char sql[] =
	    "SELECT" CONNECTION_COLUMNS ", a.name FROM meetings m"
	    " LEFT JOIN connections c ON c.session_id = m.session_id"
	    " LEFT JOIN attendees a ON a.session_id = c.session_id AND a.attendee = c.attendee"
	    " WHERE m.meeting_link = ? AND m.deleted = FALSE AND " MEETING_IN_SCOPE;
	struct attended_name *names;
	struct db_rows rows;

	*attended = (struct attended){0};
	DB_TRY(db_select(
	    db, arena, sql, DB_VALUES(db_text(target.name), SCOPE_VALUES(target.scope)), &rows));
	attended->meeting_found = rows.count > 0;
	if (rows.count == 0 || db_cell_null(&rows, 0, 0))
		return DB_OK;
	attended->connections = connections_read(arena, &rows);
	attended->count = rows.count;
	attendance_supersede(attended->connections, attended->count);
	names = arena_alloc(arena, rows.count * sizeof *names);
	db_rows_read(&rows, name_columns, DB_COLUMNS(name_columns), names, sizeof *names);
	attended->names = arena_alloc(arena, rows.count * sizeof *attended->names);
	for (size_t i = 0; i < rows.count; i++)
		attended->names[i] = names[i].name;
	return DB_OK;
}
