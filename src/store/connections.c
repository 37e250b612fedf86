/* The tables of connections and of their ends: facts, as the provider reports them. */
#include "store/connections.h"

#include <string.h>

#include "base/clock.h"
#include "store/db_row.h"
#include "store/grants.h"

/* The person's role comes from the grant: a room token shows only whether they may send. */
enum db_outcome connection_add(struct db *db, struct arena *arena, const char *session_id,
    const struct connection *connection, int64_t now, bool *there)
{
	static const char sql[] =
	    "INSERT INTO connections (session_id, connection_id, device, participant, attendee,"
	    " server, role, event, joined_at, stamped_at, created_on, modified_on)"
	    " SELECT session_id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM meetings"
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
		db_text(connection->server), db_integer((int64_t)role), db_text(connection->event),
		db_time(connection->joined_at), db_time(connection->stamped_at), db_time(now),
		db_time(now), db_text(session_id), db_time(connection->joined_at),
		db_text(connection->pseudonym)),
	    there);
}

enum db_outcome ending_add(
    struct db *db, const char *session_id, const struct ending *ending, int64_t now)
{
	/* Of two ends at the same time, the lesser name stays, in any order of receipt. After an
	 * erasure in the session, the end of an unknown participant is not kept: it may belong to
	 * the erased person, and the participant's id identifies them. */
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

enum db_outcome connection_set_left(struct db *db, const struct connection *connection, int64_t now)
{
	static const char sql[] =
	    "UPDATE connections SET left_at = ?, left_event = ?, modified_on = ? WHERE id = ?";

	return db_execute(db, sql,
	    DB_VALUES(db_time(connection->left_at), db_text(connection->left_event), db_time(now),
		db_integer(connection->id)),
	    NULL);
}

/* Rows from before the column stamped_at have the provider's time in `at`. */
static int64_t stamp_of(int64_t stamped_at, const char *event, int64_t at)
{
	return stamped_at != TIME_NONE || event_by_service(event) ? stamped_at : at;
}

static const struct db_column columns[] = {
    DB_COLUMN(struct connection, id),
    DB_COLUMN(struct connection, server),
    DB_COLUMN(struct connection, connection_id),
    DB_COLUMN(struct connection, device),
    DB_COLUMN(struct connection, participant),
    DB_COLUMN(struct connection, attendee),
    DB_COLUMN(struct connection, role),
    DB_COLUMN(struct connection, event),
    DB_TIME_COLUMN(struct connection, joined_at),
    DB_TIME_COLUMN(struct connection, stamped_at),
    DB_TIME_COLUMN(struct connection, left_at),
    DB_COLUMN(struct connection, left_event),
};

struct connection *connections_read(struct arena *arena, const struct db_rows *rows)
{
	struct connection *found = arena_alloc(arena, (rows->count + 1) * sizeof *found);

	db_rows_read(rows, columns, DB_COLUMNS(columns), found, sizeof *found);
	for (size_t i = 0; i < rows->count; i++)
		found[i].stamped_at =
		    stamp_of(found[i].stamped_at, found[i].event, found[i].joined_at);
	return found;
}

enum db_outcome connections_of(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, struct connection **connections, size_t *count)
{
	static const char sql[] =
	    "SELECT" CONNECTION_COLUMNS " FROM connections c"
	    " WHERE c.session_id = ? AND c.attendee = ? ORDER BY c.joined_at, c.connection_id";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(session_id), db_text(attendee)), &rows));
	*count = rows.count;
	*connections = connections_read(arena, &rows);
	return DB_OK;
}

static const struct db_column ending_columns[] = {
    DB_COLUMN(struct ending, scope),
    DB_COLUMN_AS("end_key", struct ending, key),
    DB_COLUMN(struct ending, event),
    DB_TIME_COLUMN_AS("ended_at", struct ending, at),
    DB_TIME_COLUMN(struct ending, stamped_at),
};

/* Appends the rows to the list. */
static void endings_read(
    struct arena *arena, const struct db_rows *rows, struct ending **endings, size_t *count)
{
	struct ending *all = arena_alloc(arena, (*count + rows->count + 1) * sizeof *all);

	if (*count > 0)
		memcpy(all, *endings, *count * sizeof *all);
	db_rows_read(rows, ending_columns, DB_COLUMNS(ending_columns), all + *count, sizeof *all);
	for (size_t i = *count; i < *count + rows->count; i++)
		all[i].stamped_at = stamp_of(all[i].stamped_at, all[i].event, all[i].at);
	*endings = all;
	*count += rows->count;
}

#define ENDINGS "SELECT scope, end_key, event, ended_at, stamped_at FROM connection_ends"

/* Each branch is a range of the key connection_ends_fact or connection_ends_stamp. */
static enum db_outcome endings_select(struct db *db, struct arena *arena, const char *session_id,
    const struct connection *first, struct attendance_since since, struct db_rows *rows)
{
	static const char sql[] =
	    "SELECT e.scope, e.end_key, e.event, e.ended_at, e.stamped_at FROM connections c"
	    " JOIN connection_ends e ON e.session_id = c.session_id AND e.scope IN (1, 5)"
	    " AND e.end_key IN (c.connection_id, c.device) WHERE c.session_id = ? AND c.attendee = ?"
	    " UNION "
	    "SELECT e.scope, e.end_key, e.event, e.ended_at, e.stamped_at FROM connections c"
	    " JOIN connection_ends e ON e.session_id = c.session_id AND e.scope = 2"
	    " AND e.end_key = c.participant WHERE c.session_id = ? AND c.attendee = ?"
	    " AND c.participant <> ''"
	    " UNION " ENDINGS " WHERE session_id = ? AND scope = 3 AND ended_at >= ?"
	    " UNION " ENDINGS " WHERE session_id = ? AND scope = 3 AND stamped_at >= ?"
	    " UNION " ENDINGS
	    " WHERE session_id = '' AND scope = 4 AND end_key IN ('', ?) AND ended_at >= ?"
	    " UNION " ENDINGS
	    " WHERE session_id = '' AND scope = 4 AND end_key IN ('', ?) AND stamped_at >= ?";
	const struct db_value session = db_text(session_id), who = db_text(first->attendee);
	const struct db_value at = db_time(since.at), stamped_at = db_time(since.stamped_at);
	const struct db_value server = db_text(first->server);

	return db_select(db, arena, sql,
	    DB_VALUES(session, who, session, who, session, at, session, stamped_at, server, at,
		server, stamped_at),
	    rows);
}

static enum db_outcome server_endings_select(struct db *db, struct arena *arena, const char *server,
    struct attendance_since since, struct db_rows *rows)
{
	static const char sql[] =
	    ENDINGS " WHERE session_id = '' AND scope = 4 AND end_key = ? AND ended_at >= ?"
		    " UNION " ENDINGS " WHERE session_id = '' AND scope = 4 AND end_key = ?"
		    " AND stamped_at >= ?";

	return db_select(db, arena, sql,
	    DB_VALUES(
		db_text(server), db_time(since.at), db_text(server), db_time(since.stamped_at)),
	    rows);
}

static bool server_seen(const struct connection *connections, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(connections[i].server, connections[count].server) == 0)
			return true;
	}
	return false;
}

enum db_outcome endings_of(struct db *db, struct arena *arena, const char *session_id,
    const struct connection *connections, size_t connection_count, struct ending **endings,
    size_t *count)
{
	struct attendance_since since = attendance_since(connections, connection_count);
	struct db_rows rows;

	*count = 0;
	DB_TRY(endings_select(db, arena, session_id, &connections[0], since, &rows));
	endings_read(arena, &rows, endings, count);
	/* Usually a person is on one media server. */
	for (size_t i = 1; i < connection_count; i++) {
		if (server_seen(connections, i))
			continue;
		DB_TRY(server_endings_select(db, arena, connections[i].server, since, &rows));
		endings_read(arena, &rows, endings, count);
	}
	return DB_OK;
}

enum db_outcome attendees_of_ending(struct db *db, struct arena *arena, const char *session_id,
    const struct ending *ending, const char ***attendees, size_t *count)
{
	static const char by_connection[] = "SELECT DISTINCT attendee FROM connections"
					    " WHERE session_id = ? AND connection_id = ?";
	static const char by_participant[] = "SELECT DISTINCT attendee FROM connections"
					     " WHERE session_id = ? AND participant = ?";
	static const char by_device[] = "SELECT DISTINCT attendee FROM connections"
					" WHERE session_id = ? AND device = ?";
	static const char by_time[] = "SELECT DISTINCT c.attendee FROM connections c"
				      " WHERE c.session_id = ? AND (? = '' OR " CONNECTION_SERVER
				      " = ?) AND (c.left_at IS NULL OR c.left_at >= ?)";
	const struct db_value session = db_text(session_id), key = db_text(ending->key);
	struct db_rows rows;

	switch (ending->scope) {
	case END_CONNECTION:
		DB_TRY(db_select(db, arena, by_connection, DB_VALUES(session, key), &rows));
		break;
	case END_DEVICE:
		DB_TRY(db_select(db, arena, by_device, DB_VALUES(session, key), &rows));
		break;
	case END_PARTICIPANT:
		DB_TRY(db_select(db, arena, by_participant, DB_VALUES(session, key), &rows));
		break;
	case END_ROOM:
	case END_SERVER:
		DB_TRY(db_select(
		    db, arena, by_time, DB_VALUES(session, key, key, db_time(ending->at)), &rows));
		break;
	}
	*count = rows.count;
	*attendees = db_rows_texts(arena, &rows);
	return DB_OK;
}

enum db_outcome sessions_of_ending(struct db *db, struct arena *arena, const struct ending *ending,
    const char *after, size_t limit, const char ***session_ids, size_t *count)
{
	/* Two ranges of the key connections_open (left_at, joined_at). */
	static const char sql[] = "SELECT DISTINCT c.session_id FROM connections c"
				  " WHERE (c.left_at IS NULL OR c.left_at > ?)"
				  " AND (c.joined_at <= ? OR c.stamped_at <= ?)"
				  " AND " CONNECTION_SERVER " = ? AND c.session_id > ?"
				  " ORDER BY c.session_id LIMIT ?";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql,
	    DB_VALUES(db_time(ending->at), db_time(ending->at), db_time(ending->stamped_at),
		db_text(ending->key), db_text(after), db_integer((int64_t)limit)),
	    &rows));
	*count = rows.count;
	*session_ids = db_rows_texts(arena, &rows);
	return DB_OK;
}

#define OPEN_SELECT                                                                                \
	"SELECT c.session_id, c.connection_id, c.device, c.participant, c.attendee, c.joined_at,"  \
	" c.created_on FROM connections c WHERE c.left_at IS NULL"

static const struct db_column open_columns[] = {
    DB_COLUMN(struct open_connection, session_id),
    DB_COLUMN(struct open_connection, connection_id),
    DB_COLUMN(struct open_connection, device),
    DB_COLUMN(struct open_connection, participant),
    DB_COLUMN(struct open_connection, attendee),
    DB_TIME_COLUMN(struct open_connection, joined_at),
    DB_TIME_COLUMN_AS("created_on", struct open_connection, received_at),
};

static void open_read(struct arena *arena, const struct db_rows *rows,
    struct open_connection **connections, size_t *count)
{
	*count = rows->count;
	*connections = arena_alloc(arena, (rows->count + 1) * sizeof **connections);
	db_rows_read(
	    rows, open_columns, DB_COLUMNS(open_columns), *connections, sizeof **connections);
}

enum db_outcome attendance_open(struct db *db, struct arena *arena, const char *server,
    struct open_connection **connections, size_t *count)
{
	static const char sql[] = OPEN_SELECT " AND " CONNECTION_SERVER " = ?";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(server)), &rows));
	open_read(arena, &rows, connections, count);
	return DB_OK;
}

enum db_outcome attendance_open_of(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, struct open_connection **connections, size_t *count)
{
	/* The key connections_attendee. */
	static const char sql[] = OPEN_SELECT " AND c.session_id = ? AND c.attendee = ?";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(session_id), db_text(attendee)), &rows));
	open_read(arena, &rows, connections, count);
	return DB_OK;
}

struct connection_count {
	int64_t count;
};

static const struct db_column count_columns[] = {DB_COLUMN(struct connection_count, count)};

enum db_outcome connections_count(struct db *db, const char *server, int64_t *count)
{
	static const char sql[] = "SELECT COUNT(*) AS count FROM connections c"
				  " WHERE c.left_at IS NULL AND " CONNECTION_SERVER " = ?";
	struct connection_count found = {0};
	struct arena *arena = arena_new();
	struct db_rows rows;
	enum db_outcome outcome = db_select(db, arena, sql, DB_VALUES(db_text(server)), &rows);

	if (outcome == DB_OK)
		db_row_read(&rows, 0, count_columns, DB_COLUMNS(count_columns), &found);
	*count = found.count;
	arena_free(arena);
	return outcome;
}

enum db_outcome attendance_devices(struct db *db, struct arena *arena, const char *session_id,
    const char ***devices, size_t *count)
{
	static const char sql[] = "SELECT DISTINCT device FROM connections WHERE session_id = ?"
				  " AND (left_at IS NULL OR left_event = '" EVENT_NAME_ENDED "')";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(session_id)), &rows));
	*count = rows.count;
	*devices = db_rows_texts(arena, &rows);
	return DB_OK;
}

enum db_outcome attendance_devices_of(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, const char ***devices, size_t *count)
{
	static const char sql[] = "SELECT DISTINCT device FROM connections"
				  " WHERE session_id = ? AND attendee = ?"
				  " AND (left_at IS NULL OR left_event = '" EVENT_NAME_REMOVED "')";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(session_id), db_text(attendee)), &rows));
	*count = rows.count;
	*devices = db_rows_texts(arena, &rows);
	return DB_OK;
}

struct clock {
	int64_t count, ahead;
};

static const struct db_column clock_columns[] = {
    DB_COLUMN(struct clock, count), DB_COLUMN(struct clock, ahead)};

enum db_outcome attendance_clock(struct db *db, int64_t now, int64_t *ahead, bool *known)
{
	static const char sql[] =
	    "SELECT COUNT(*) AS count,"
	    " MAX(TIMESTAMPDIFF(MICROSECOND, created_on, stamped_at)) AS ahead FROM"
	    " (SELECT created_on, stamped_at FROM connections ORDER BY id DESC LIMIT 100) newest"
	    " WHERE stamped_at IS NOT NULL AND created_on > ?";
	struct clock clock = {0};
	struct arena *arena = arena_new();
	struct db_rows rows;
	enum db_outcome outcome = db_select(db, arena, sql, DB_VALUES(db_time(now - HOUR)), &rows);

	if (outcome == DB_OK)
		db_row_read(&rows, 0, clock_columns, DB_COLUMNS(clock_columns), &clock);
	*known = clock.count > 0;
	*ahead = clock.ahead;
	arena_free(arena);
	return outcome;
}
