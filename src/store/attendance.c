/* The tables of connections, their ends, and attendees. The merge itself is meeting/attendance.c:
 * here the facts that concern one person are read, merged, and what follows is written. */
#include "store/attendance.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "store/grants.h"
#include "store/meetings.h"

/* Adds an opening, unless the meeting had ended before it, or the person's identity was erased from
 * it. An event that is sent again is known by its stamp: joined_at, which may be capped, is that of
 * its first receipt. `*known`: it was there. The person's role and name are the grant's: a room
 * token says only whether somebody may send. */
static enum db_outcome opening_put(struct db *db, struct arena *arena, const char *session_id,
    const struct connection *connection, int64_t now, bool *known)
{
	static const char sql[] =
	    "INSERT INTO connections (session_id, connection_id, device, participant, attendee,"
	    " role, event, joined_at, stamped_at, created_on, modified_on)"
	    " SELECT session_id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM meetings"
	    " WHERE session_id = ? AND (end_time IS NULL OR end_time >= ?)"
	    " AND NOT EXISTS (SELECT e.id FROM erasures e"
	    " WHERE e.session_id = meetings.session_id AND e.pseudonym = ?)";
	enum role role = connection->role;
	struct grant grant;

	if (role > ROLE_SUBSCRIBER) {
		DB_TRY(grant_highest(db, arena, session_id, connection->attendee, &grant));
		if (grant.role > role)
			role = grant.role;
	}
	return db_insert(db, sql,
	    DB_VALUES(db_text(connection->connection_id), db_text(connection->device),
		db_text(connection->participant), db_text(connection->attendee),
		db_integer((int64_t)role), db_text(connection->event),
		db_time(connection->joined_at), db_time(connection->stamped_at), db_time(now),
		db_time(now), db_text(session_id), db_time(connection->joined_at),
		db_text(connection->pseudonym)),
	    known);
}

static enum db_outcome ending_put(
    struct db *db, const char *session_id, const struct ending *ending, int64_t now)
{
	/* Of two ends of one moment the lesser name stays, whichever came first. The end of a
	 * participant whom nobody knows, in a session from which somebody's identity was erased,
	 * may be that person's: the ids of participants tell who they are. */
	static const char sql[] =
	    "INSERT INTO connection_ends (session_id, scope, end_key, ended_at, stamped_at, event,"
	    " created_on) SELECT ?, ?, ?, ?, ?, ?, ? FROM DUAL WHERE ? <> 2"
	    " OR NOT EXISTS (SELECT e.id FROM erasures e WHERE e.session_id = ?)"
	    " OR EXISTS (SELECT c.id FROM connections c"
	    " WHERE c.session_id = ? AND c.participant = ?)"
	    " ON DUPLICATE KEY UPDATE"
	    " event = LEAST(connection_ends.event, VALUES(event))";
	const struct db_value session = db_text(session_id), key = db_text(ending->key);
	const struct db_value scope = db_integer(ending->scope);

	return db_execute(db, sql,
	    DB_VALUES(session, scope, key, db_time(ending->at), db_time(ending->stamped_at),
		db_text(ending->event), db_time(now), scope, session, session, key),
	    NULL);
}

/* Rows from before there were stamps have the provider's own time where the service's is now. */
static int64_t stamp_of(
    const struct db_rows *rows, size_t row, size_t column, const char *event, int64_t at)
{
	int64_t stamped_at = db_cell_time(rows, row, column);

	return stamped_at != TIME_NONE || event_by_service(event) ? stamped_at : at;
}

static struct connection *connections_read(
    struct arena *arena, const struct db_rows *rows, int64_t *ids)
{
	struct connection *connections = arena_alloc(arena, rows->count * sizeof *connections);

	for (size_t i = 0; i < rows->count; i++) {
		const char *event = db_cell_text(rows, i, 6);
		int64_t joined_at = db_cell_time(rows, i, 7);

		ids[i] = db_cell_integer(rows, i, 0);
		connections[i] = (struct connection){
		    .connection_id = db_cell_text(rows, i, 1),
		    .device = db_cell_text(rows, i, 2),
		    .participant = db_cell_text(rows, i, 3),
		    .attendee = db_cell_text(rows, i, 4),
		    .role = (enum role)db_cell_integer(rows, i, 5),
		    .event = event,
		    .joined_at = joined_at,
		    .stamped_at = stamp_of(rows, i, 8, event, joined_at),
		    .left_at = db_cell_time(rows, i, 9),
		    .left_event = db_cell_text(rows, i, 10),
		};
	}
	return connections;
}

static struct ending *endings_read(struct arena *arena, const struct db_rows *rows)
{
	struct ending *endings = arena_alloc(arena, rows->count * sizeof *endings);

	for (size_t i = 0; i < rows->count; i++) {
		const char *event = db_cell_text(rows, i, 2);
		int64_t at = db_cell_time(rows, i, 3);

		endings[i] = (struct ending){
		    .scope = (enum end_scope)db_cell_integer(rows, i, 0),
		    .key = db_cell_text(rows, i, 1),
		    .event = event,
		    .at = at,
		    .stamped_at = stamp_of(rows, i, 4, event, at),
		};
	}
	return endings;
}

#define ENDINGS_OF_ALL "SELECT scope, end_key, event, ended_at, stamped_at FROM connection_ends"

/* The ends that may concern a person's connections. Each branch is a range of the key
 * connection_ends_fact or connection_ends_stamp. */
static enum db_outcome endings_find(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, struct attendance_since since, struct db_rows *rows)
{
	static const char sql[] =
	    "SELECT e.scope, e.end_key, e.event, e.ended_at, e.stamped_at FROM connections c"
	    " JOIN connection_ends e ON e.session_id = c.session_id AND e.scope = 1"
	    " AND e.end_key = c.connection_id WHERE c.session_id = ? AND c.attendee = ?"
	    " UNION "
	    "SELECT e.scope, e.end_key, e.event, e.ended_at, e.stamped_at FROM connections c"
	    " JOIN connection_ends e ON e.session_id = c.session_id AND e.scope = 2"
	    " AND e.end_key = c.participant WHERE c.session_id = ? AND c.attendee = ?"
	    " AND c.participant <> ''"
	    " UNION " ENDINGS_OF_ALL
	    " WHERE session_id = ? AND scope = 3 AND end_key = '' AND ended_at >= ?"
	    " UNION " ENDINGS_OF_ALL
	    " WHERE session_id = ? AND scope = 3 AND end_key = '' AND stamped_at >= ?"
	    " UNION " ENDINGS_OF_ALL
	    " WHERE session_id = '' AND scope = 4 AND end_key = '' AND ended_at >= ?"
	    " UNION " ENDINGS_OF_ALL " WHERE session_id = '' AND scope = 4 AND end_key = ''"
	    " AND stamped_at >= ?";
	const struct db_value session = db_text(session_id), who = db_text(attendee);
	const struct db_value at = db_time(since.at), stamped_at = db_time(since.stamped_at);

	return db_select(db, arena, sql,
	    DB_VALUES(session, who, session, who, session, at, session, stamped_at, at, stamped_at),
	    rows);
}

static enum db_outcome connection_update(
    struct db *db, int64_t id, const struct connection *connection, int64_t now)
{
	static const char sql[] =
	    "UPDATE connections SET left_at = ?, left_event = ?, modified_on = ? WHERE id = ?";

	return db_execute(db, sql,
	    DB_VALUES(db_time(connection->left_at), db_text(connection->left_event), db_time(now),
		db_integer(id)),
	    NULL);
}

/* The latest event about a person, in a fixed list of fields: never what a client says of itself, a
 * token or an address, nor its session and handle in Janus, which obey whoever names them and has
 * any join token (measured with 1.1.2). */
static const char *event_payload(
    struct arena *arena, const char *session_id, const struct attendance *attendance)
{
	const struct connection *connection = attendance->event_connection;
	struct json_object *payload = json_object_new_object();
	const char *text;

	json_add_text(payload, "event", attendance->event);
	json_add_time(payload, "timestamp", attendance->event_at);
	json_add_text(payload, "sessionId", session_id);
	if (*connection->participant != '\0')
		json_add_text(payload, "participantId", connection->participant);
	json_add_text(payload, "attendee", connection->attendee);
	json_add_text(payload, "role", role_name(connection->role));
	text = arena_strdup(arena, json_text(payload));
	json_object_put(payload);
	return text;
}

static enum db_outcome attendee_put(struct db *db, const char *session_id, const char *attendee,
    const struct grant *grant, const struct attendance *attendance, const char *payload,
    int64_t now)
{
	static const char sql[] =
	    "INSERT INTO attendees (session_id, attendee, name, verified, role, joined_on, left_on,"
	    " is_active, open_since, closed_us, devices, event_payload, created_on, modified_on)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	    " ON DUPLICATE KEY UPDATE version = version + 1, name = VALUES(name),"
	    " verified = VALUES(verified),"
	    " role = VALUES(role), joined_on = VALUES(joined_on), left_on = VALUES(left_on),"
	    " is_active = VALUES(is_active), open_since = VALUES(open_since),"
	    " closed_us = VALUES(closed_us), devices = VALUES(devices),"
	    " event_payload = VALUES(event_payload), modified_on = VALUES(modified_on)";

	return db_execute(db, sql,
	    DB_VALUES(db_text(session_id), db_text(attendee), db_text(grant->name),
		db_integer(grant->verified), db_integer((int64_t)attendance->role),
		db_time(attendance->joined_on), db_time(attendance->left_on),
		db_integer(attendance->open_since != TIME_NONE), db_time(attendance->open_since),
		db_integer(attendance->closed_time), db_integer(attendance->devices),
		db_text(payload), db_time(now), db_time(now)),
	    NULL);
}

static bool text_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* One transaction that brings people of a session up to date. */
struct settling {
	struct db *db;
	struct arena *arena;
	const char *session_id;
	int64_t now;
	const struct connection **opened; /* what this transaction has added */
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

/* Adds what changed for a person: their connections were `before`, as the table has them with those
 * that this transaction has added, and are `after`, merged. */
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

/* Merges one person's facts and writes what follows from them. */
static enum db_outcome attendee_settle(const struct settling *settling, const char *attendee)
{
	static const char sql[] =
	    "SELECT id, connection_id, device, participant, attendee, role, event, joined_at,"
	    " stamped_at, left_at, left_event FROM connections"
	    " WHERE session_id = ? AND attendee = ?"
	    " ORDER BY joined_at, connection_id";
	struct db *db = settling->db;
	struct arena *arena = settling->arena;
	const char *session_id = settling->session_id;
	const size_t first = settling->changes->count;
	struct db_rows rows, end_rows;
	struct connection *connections, *before;
	struct ending *endings;
	struct attendance attendance;
	struct grant grant;
	int64_t *ids;
	size_t size;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(session_id), db_text(attendee)), &rows));
	if (rows.count == 0)
		return DB_OK;
	ids = arena_alloc(arena, rows.count * sizeof *ids);
	connections = connections_read(arena, &rows, ids);
	DB_TRY(endings_find(
	    db, arena, session_id, attendee, attendance_since(connections, rows.count), &end_rows));
	endings = endings_read(arena, &end_rows);

	size = rows.count * sizeof *before;
	before = arena_alloc(arena, size);
	memcpy(before, connections, size);
	attendance_merge(connections, rows.count, endings, end_rows.count);
	for (size_t i = 0; i < rows.count; i++) {
		if (connections[i].left_at != before[i].left_at ||
		    !text_same(connections[i].left_event, before[i].left_event))
			DB_TRY(connection_update(db, ids[i], &connections[i], settling->now));
	}
	changes_note(settling, before, connections, rows.count);
	attendance = attendance_summary(connections, rows.count, endings, end_rows.count);
	DB_TRY(grant_highest(db, arena, session_id, attendee, &grant));
	changes_name(settling->changes, first, &grant);
	return attendee_put(db, session_id, attendee, &grant, &attendance,
	    event_payload(arena, session_id, &attendance), settling->now);
}

/* A set of people, small enough for a list. */
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

/* Whom does this end concern? */
static enum db_outcome people_of_ending(struct db *db, struct arena *arena, const char *session_id,
    const struct ending *ending, struct people *people)
{
	static const char by_connection[] = "SELECT DISTINCT attendee FROM connections"
					    " WHERE session_id = ? AND connection_id = ?";
	static const char by_participant[] = "SELECT DISTINCT attendee FROM connections"
					     " WHERE session_id = ? AND participant = ?";
	static const char by_time[] = "SELECT DISTINCT attendee FROM connections"
				      " WHERE session_id = ? AND (left_at IS NULL OR left_at >= ?)";
	struct db_rows rows;

	switch (ending->scope) {
	case END_CONNECTION:
		DB_TRY(db_select(db, arena, by_connection,
		    DB_VALUES(db_text(session_id), db_text(ending->key)), &rows));
		break;
	case END_PARTICIPANT:
		DB_TRY(db_select(db, arena, by_participant,
		    DB_VALUES(db_text(session_id), db_text(ending->key)), &rows));
		break;
	case END_ROOM:
	case END_ALL:
		DB_TRY(db_select(db, arena, by_time,
		    DB_VALUES(db_text(session_id), db_time(ending->at)), &rows));
		break;
	}
	for (size_t i = 0; i < rows.count; i++)
		people_add(people, arena, db_cell_text(&rows, i, 0));
	return DB_OK;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum db_outcome people_settle(const struct settling *settling, const struct people *people)
{
	/* Always in the same order, so that two transactions do not lock each other out. */
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
			DB_TRY(opening_put(db, arena, session_id, &event->connection, now, &there));
			if (!there)
				settling.opened[settling.opened_count++] = &event->connection;
			people_add(&people, arena, event->connection.attendee);
		} else if (event->kind == EVENT_ENDED) {
			DB_TRY(ending_put(db, session_id, &event->ending, now));
			DB_TRY(people_of_ending(db, arena, session_id, &event->ending, &people));
		}
	}
	return people_settle(&settling, &people);
}

enum db_outcome attendance_end_all(struct db *db, const struct ending *ending, int64_t now)
{
	return ending_put(db, "", ending, now);
}

enum db_outcome attendance_covered_sessions(struct db *db, struct arena *arena,
    const struct ending *ending, const char *after, size_t limit, const char ***session_ids,
    size_t *count)
{
	/* Two ranges of the key connections_open (left_at, joined_at). */
	static const char sql[] =
	    "SELECT DISTINCT session_id FROM connections"
	    " WHERE (left_at IS NULL OR left_at > ?) AND (joined_at <= ? OR stamped_at <= ?)"
	    " AND session_id > ?"
	    " ORDER BY session_id LIMIT ?";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql,
	    DB_VALUES(db_time(ending->at), db_time(ending->at), db_time(ending->stamped_at),
		db_text(after), db_integer((int64_t)limit)),
	    &rows));
	*count = rows.count;
	*session_ids = arena_alloc(arena, rows.count * sizeof **session_ids);
	for (size_t i = 0; i < rows.count; i++)
		(*session_ids)[i] = db_cell_text(&rows, i, 0);
	return DB_OK;
}

enum db_outcome attendance_settle(struct db *db, struct arena *arena, const char *session_id,
    int64_t at, int64_t now, struct attendance_changes *changes)
{
	const struct ending all = {.scope = END_ALL, .key = "", .at = at, .stamped_at = TIME_NONE};
	const struct settling settling = {
	    .db = db, .arena = arena, .session_id = session_id, .now = now, .changes = changes};
	struct people people = {0};
	bool known;

	*changes = (struct attendance_changes){0};
	DB_TRY(meeting_touch(db, session_id, &known));
	DB_TRY(people_of_ending(db, arena, session_id, &all, &people));
	return people_settle(&settling, &people);
}

static void devices_read(
    struct arena *arena, const struct db_rows *rows, const char ***devices, size_t *count)
{
	*count = rows->count;
	*devices = arena_alloc(arena, rows->count * sizeof **devices);
	for (size_t i = 0; i < rows->count; i++)
		(*devices)[i] = db_cell_text(rows, i, 0);
}

#define OPEN_SELECT                                                                                \
	"SELECT session_id, connection_id, device, participant, attendee, joined_at, created_on"   \
	" FROM connections WHERE left_at IS NULL"

static void open_read(struct arena *arena, const struct db_rows *rows,
    struct open_connection **connections, size_t *count)
{
	*count = rows->count;
	*connections = arena_alloc(arena, rows->count * sizeof **connections);
	for (size_t i = 0; i < rows->count; i++)
		(*connections)[i] = (struct open_connection){
		    .session_id = db_cell_text(rows, i, 0),
		    .connection_id = db_cell_text(rows, i, 1),
		    .device = db_cell_text(rows, i, 2),
		    .participant = db_cell_text(rows, i, 3),
		    .attendee = db_cell_text(rows, i, 4),
		    .joined_at = db_cell_time(rows, i, 5),
		    .received_at = db_cell_time(rows, i, 6),
		};
}

enum db_outcome attendance_open(struct db *db, struct arena *arena, const char *session_id,
    struct open_connection **connections, size_t *count)
{
	static const char one[] = OPEN_SELECT " AND session_id = ?";
	static const char all[] = OPEN_SELECT;
	struct db_rows rows;

	if (session_id != NULL)
		DB_TRY(db_select(db, arena, one, DB_VALUES(db_text(session_id)), &rows));
	else
		DB_TRY(db_select(db, arena, all, DB_NO_VALUES, &rows));
	open_read(arena, &rows, connections, count);
	return DB_OK;
}

enum db_outcome attendance_open_of(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, struct open_connection **connections, size_t *count)
{
	/* The key connections_attendee. */
	static const char sql[] = OPEN_SELECT " AND session_id = ? AND attendee = ?";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(session_id), db_text(attendee)), &rows));
	open_read(arena, &rows, connections, count);
	return DB_OK;
}

enum db_outcome attendee_known(
    struct db *db, struct arena *arena, const char *session_id, const char *attendee, bool *known)
{
	static const char sql[] =
	    "SELECT 1 FROM grants WHERE session_id = ? AND attendee = ?"
	    " UNION SELECT 1 FROM attendees WHERE session_id = ? AND attendee = ?";
	const struct db_value session = db_text(session_id), who = db_text(attendee);
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(session, who, session, who), &rows));
	*known = rows.count > 0;
	return DB_OK;
}

/* Ends one connection by the service itself; not before it was opened, which may be a moment ahead
 * by another host's clock. */
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
	static const char sql[] = "SELECT DISTINCT device FROM connections"
				  " WHERE session_id = ? AND attendee = ?"
				  " AND (left_at IS NULL OR left_event = '" EVENT_NAME_REMOVED "')";
	struct open_connection *open;
	struct event *events;
	struct db_rows rows;
	size_t count;
	bool known;

	DB_TRY(attendance_open_of(db, arena, session_id, attendee, &open, &count));
	events = arena_alloc(arena, (count + 1) * sizeof *events);
	for (size_t i = 0; i < count; i++)
		events[i] = removal(&open[i], now);
	DB_TRY(attendance_apply(db, arena, session_id, events, count, now, changes, &known));
	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(session_id), db_text(attendee)), &rows));
	devices_read(arena, &rows, devices, device_count);
	return DB_OK;
}

enum db_outcome attendance_devices(struct db *db, struct arena *arena, const char *session_id,
    const char ***devices, size_t *count)
{
	static const char sql[] = "SELECT DISTINCT device FROM connections WHERE session_id = ?"
				  " AND (left_at IS NULL OR left_event = '" EVENT_NAME_ENDED "')";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(session_id)), &rows));
	devices_read(arena, &rows, devices, count);
	return DB_OK;
}

enum db_outcome attendance_clock(struct db *db, int64_t now, int64_t *ahead, bool *known)
{
	static const char sql[] =
	    "SELECT MAX(TIMESTAMPDIFF(MICROSECOND, created_on, stamped_at)) FROM"
	    " (SELECT created_on, stamped_at FROM connections ORDER BY id DESC LIMIT 100) newest"
	    " WHERE stamped_at IS NOT NULL AND created_on > ?";
	struct arena *arena = arena_new();
	struct db_rows rows;
	enum db_outcome outcome = db_select(db, arena, sql, DB_VALUES(db_time(now - HOUR)), &rows);

	if (outcome == DB_OK) {
		*known = !db_cell_null(&rows, 0, 0);
		*ahead = db_cell_integer(&rows, 0, 0);
	}
	arena_free(arena);
	return outcome;
}

static void attendee_read(const struct db_rows *rows, size_t row, struct attendee *attendee)
{
	*attendee = (struct attendee){
	    .id = db_cell_integer(rows, row, 1),
	    .session_id = db_cell_text(rows, row, 0),
	    .attendee = db_cell_text(rows, row, 2),
	    .name = db_cell_text(rows, row, 3),
	    .role = (int)db_cell_integer(rows, row, 4),
	    .joined_on = db_cell_time(rows, row, 5),
	    .left_on = db_cell_time(rows, row, 6),
	    .is_active = db_cell_integer(rows, row, 7) != 0,
	    .open_since = db_cell_time(rows, row, 8),
	    .closed_us = db_cell_integer(rows, row, 9),
	    .devices = db_cell_integer(rows, row, 10),
	    .event_payload = db_cell_text(rows, row, 11),
	    .created_on = db_cell_time(rows, row, 12),
	    .modified_on = db_cell_time(rows, row, 13),
	    .verified = db_cell_integer(rows, row, 14) != 0,
	};
}

static enum db_outcome attendees_count(struct db *db, struct arena *arena, struct target target,
    const struct attendee_query *query, struct attendee_list *list)
{
	static const char sql[] =
	    "SELECT COUNT(a.id), COUNT(*), MAX(" MEETING_IS_RECORDING ") FROM meetings m"
	    " LEFT JOIN attendees a ON a.session_id = m.session_id AND (? = 0 OR a.is_active)"
	    " WHERE m.meeting_link = ? AND m.deleted = FALSE AND " MEETING_IN_SCOPE;
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql,
	    DB_VALUES(
		db_integer(query->active_only), db_text(target.name), SCOPE_VALUES(target.scope)),
	    &rows));
	list->total = db_cell_integer(&rows, 0, 0);
	list->meeting_found = db_cell_integer(&rows, 0, 1) > 0;
	list->is_recording = db_cell_integer(&rows, 0, 2) != 0;
	return DB_OK;
}

/* Sorting it on the server would take a temporary table on disk (measured: a fifth of the
 * requests), as the rows have text columns; so only pages are sorted there. */
#define ATTENDEES_SELECT                                                                           \
	"SELECT m.session_id, a.id, a.attendee, a.name, a.role, a.joined_on, a.left_on,"           \
	" a.is_active, a.open_since, a.closed_us, a.devices, a.event_payload,"                     \
	" a.created_on, a.modified_on, a.verified, " MEETING_IS_RECORDING " FROM meetings m"       \
	" LEFT JOIN attendees a ON a.session_id = m.session_id AND (? = 0 OR a.is_active)"         \
	" WHERE m.meeting_link = ? AND m.deleted = FALSE AND " MEETING_IN_SCOPE

static int attendee_compare(const void *a, const void *b)
{
	const struct attendee *one = a, *other = b;

	if (one->joined_on != other->joined_on)
		return one->joined_on < other->joined_on ? -1 : 1;
	return strcmp(one->attendee, other->attendee);
}

static enum db_outcome attendees_select(struct db *db, struct arena *arena, struct target target,
    const struct attendee_query *query, struct db_rows *rows)
{
	static const char all[] = ATTENDEES_SELECT;
	static const char page[] =
	    ATTENDEES_SELECT " ORDER BY a.joined_on, a.attendee LIMIT ? OFFSET ?";
	const struct db_value active_only = db_integer(query->active_only);
	const struct db_value link = db_text(target.name);

	if (query->limit == 0)
		return db_select(
		    db, arena, all, DB_VALUES(active_only, link, SCOPE_VALUES(target.scope)), rows);
	return db_select(db, arena, page,
	    DB_VALUES(active_only, link, SCOPE_VALUES(target.scope), db_integer(query->limit),
		db_integer(query->offset)),
	    rows);
}

enum db_outcome attendees_find(struct db *db, struct arena *arena, struct target target,
    const struct attendee_query *query, struct attendee_list *list)
{
	enum { RECORDING = 15 }; /* the last column */
	struct db_rows rows;

	/* One query tells both who was there and whether there is such a meeting: without attendees
	 * the outer join gives one row with nobody in it. */
	*list = (struct attendee_list){0};
	DB_TRY(attendees_select(db, arena, target, query, &rows));
	list->meeting_found = rows.count > 0;
	if (list->meeting_found)
		list->is_recording = db_cell_integer(&rows, 0, RECORDING) != 0;
	list->attendees = arena_alloc(arena, rows.count * sizeof *list->attendees);
	for (size_t i = 0; i < rows.count; i++) {
		if (!db_cell_null(&rows, i, 1))
			attendee_read(&rows, i, &list->attendees[list->count++]);
	}
	if (query->limit == 0 && list->count > 1)
		qsort(list->attendees, list->count, sizeof *list->attendees, attendee_compare);
	/* A page behind the last attendee has no rows; the count knows the meeting all the same. */
	return query->with_total ? attendees_count(db, arena, target, query, list) : DB_OK;
}

enum db_outcome attendance_find(
    struct db *db, struct arena *arena, struct target target, struct attended *attended)
{
	/* One row with nobody in it for a meeting where nobody was. */
	static const char sql[] =
	    "SELECT c.id, c.connection_id, c.device, c.participant, c.attendee, c.role, c.event,"
	    " c.joined_at, c.stamped_at, c.left_at, c.left_event, a.name FROM meetings m"
	    " LEFT JOIN connections c ON c.session_id = m.session_id"
	    " LEFT JOIN attendees a ON a.session_id = c.session_id AND a.attendee = c.attendee"
	    " WHERE m.meeting_link = ? AND m.deleted = FALSE AND " MEETING_IN_SCOPE;
	enum { NAME = 11 }; /* the last column */
	struct db_rows rows;

	*attended = (struct attended){0};
	DB_TRY(db_select(
	    db, arena, sql, DB_VALUES(db_text(target.name), SCOPE_VALUES(target.scope)), &rows));
	attended->meeting_found = rows.count > 0;
	if (rows.count == 0 || db_cell_null(&rows, 0, 0))
		return DB_OK;
	attended->connections =
	    connections_read(arena, &rows, arena_alloc(arena, rows.count * sizeof(int64_t)));
	attended->names = arena_alloc(arena, rows.count * sizeof *attended->names);
	attended->count = rows.count;
	attendance_supersede(attended->connections, attended->count);
	for (size_t i = 0; i < rows.count; i++)
		attended->names[i] = db_cell_text(&rows, i, NAME);
	return DB_OK;
}
