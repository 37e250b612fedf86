/* The table of the events of each meeting, in their order. */
#include "store/meeting_events.h"

#include <stdlib.h>

#include "base/clock.h"
#include "store/db_row.h"
#include "store/meetings.h"

enum db_outcome meeting_event_insert(
    struct db *db, struct arena *arena, const char *session_id, const struct meeting_event *event)
{
	/* The meeting's row is locked: no other transaction adds an event meanwhile. In a cluster,
	 * two nodes may do so; then the later COMMIT fails, and its transaction runs again. */
	static const char sql[] =
	    "INSERT INTO meeting_events (session_id, seq, cause, type, audience, data, at)"
	    " SELECT m.session_id,"
	    " (SELECT COALESCE(MAX(e.seq), 0) + 1 FROM meeting_events e"
	    " WHERE e.session_id = m.session_id), ?, ?, ?, ?, ?"
	    " FROM meetings m WHERE m.session_id = ? AND m.deleted = FALSE"
	    " AND NOT EXISTS (SELECT 1 FROM meeting_events c"
	    " WHERE c.session_id = m.session_id AND c.cause = ?)";
	const struct db_value cause = db_text(event->cause);

	return db_insert_noted(db, sql,
	    DB_VALUES(cause, db_text(meeting_event_name(event->type)),
		db_text(meeting_event_audience(event->type)),
		db_text(meeting_event_data(arena, event)), db_time(event->at), db_text(session_id),
		cause));
}

enum db_outcome meeting_event_caused(
    struct db *db, const char *session_id, const char *cause, bool *caused)
{
	static const char sql[] =
	    "SELECT id FROM meeting_events WHERE session_id = ? AND cause = ?";

	return db_exists(db, sql, DB_VALUES(db_text(session_id), db_text(cause)), caused);
}

static const struct db_column columns[] = {
    DB_COLUMN(struct listed_event, seq),
    DB_COLUMN(struct listed_event, type),
    DB_COLUMN(struct listed_event, audience),
    DB_COLUMN(struct listed_event, data),
    DB_TIME_COLUMN(struct listed_event, at),
};

/* The columns of the meeting and the reader, in each row. */
struct surroundings {
	int64_t newest; /* seq */
	int64_t banned_on;
};

static const struct db_column surroundings_columns[] = {
    DB_COLUMN(struct surroundings, newest),
    DB_TIME_COLUMN(struct surroundings, banned_on),
};

/* A range of the key meeting_events_seq. Before it comes one row with the seq 0, which shows that
 * the meeting exists. (Without the CAST the UNION would have DECIMAL values. An outer join would
 * read and sort all events after `after`.) */
#define SURROUNDINGS                                                                               \
	" (SELECT MAX(n.seq) FROM meeting_events n WHERE n.session_id = m.session_id) AS newest,"  \
	" (SELECT MAX(b.banned_on) FROM grants b"                                                  \
	" WHERE b.session_id = m.session_id AND b.attendee = ?) AS banned_on FROM meetings m"
#define OF_MEETING " WHERE m.meeting_link = ? AND m.deleted = FALSE AND " MEETING_IN_SCOPE

static enum db_outcome page_select(struct db *db, struct arena *arena, struct target target,
    const struct meeting_events_query *query, struct db_rows *rows)
{
	static const char sql[] =
	    "SELECT CAST(0 AS SIGNED) AS seq, NULL AS type, NULL AS audience, NULL AS data,"
	    " NULL AS at," SURROUNDINGS OF_MEETING
	    " UNION ALL (SELECT CAST(e.seq AS SIGNED), e.type, e.audience, e.data, e.at," SURROUNDINGS
	    " JOIN meeting_events e ON e.session_id = m.session_id AND e.seq > ?" OF_MEETING
	    " ORDER BY e.seq LIMIT ?)";
	const struct db_value who = db_text(query->listener.attendee), link = db_text(target.name);

	return db_select(db, arena, sql,
	    DB_VALUES(who, link, SCOPE_VALUES(target.scope), who, db_integer(query->after), link,
		SCOPE_VALUES(target.scope), db_integer(query->limit)),
	    rows);
}

static int row_compare(const void *a, const void *b)
{
	const struct listed_event *one = a, *other = b;

	return (one->seq > other->seq) - (one->seq < other->seq);
}

enum db_outcome meeting_events_find(struct db *db, struct arena *arena, struct target target,
    const struct meeting_events_query *query, struct meeting_events *events)
{
	struct listed_event *list;
	struct surroundings around;
	struct db_rows rows;

	*events = (struct meeting_events){0};
	DB_TRY(page_select(db, arena, target, query, &rows));
	events->meeting_found = rows.count > 0;
	if (!events->meeting_found)
		return DB_OK;
	db_row_read(&rows, 0, surroundings_columns, DB_COLUMNS(surroundings_columns), &around);
	events->is_banned = around.banned_on != TIME_NONE;
	list = arena_alloc(arena, rows.count * sizeof *list);
	db_rows_read(&rows, columns, DB_COLUMNS(columns), list, sizeof *list);
	/* A UNION has no defined order. */
	qsort(list, rows.count, sizeof *list, row_compare);
	events->list = list + 1;
	events->count = rows.count - 1;
	events->up_to = query->after < around.newest ? query->after : around.newest;
	if (events->count > 0)
		events->up_to = list[events->count].seq;
	return DB_OK;
}

static const struct db_column written_columns[] = {
    DB_COLUMN(struct written_event, session_id),
    DB_COLUMN_AS("seq", struct written_event, event.seq),
    DB_COLUMN_AS("type", struct written_event, event.type),
    DB_COLUMN_AS("audience", struct written_event, event.audience),
    DB_COLUMN_AS("data", struct written_event, event.data),
    DB_TIME_COLUMN_AS("at", struct written_event, event.at),
    DB_COLUMN_AS("name", struct written_event, server.name),
    DB_COLUMN_AS("control_url", struct written_event, server.control_url),
    DB_COLUMN_AS("public_url", struct written_event, server.public_url),
};

#define WRITTEN                                                                                    \
	"SELECT e.session_id, CAST(e.seq AS SIGNED) AS seq, e.type, e.audience, e.data, e.at,"     \
	" s.name, s.control_url, s.public_url FROM meeting_events e"
#define ON_SERVER                                                                                  \
	" JOIN meetings m ON m.session_id = e.session_id JOIN media_servers s ON s.name = m.server"

static enum db_outcome written_select(struct db *db, struct arena *arena, const char *sql,
    const struct db_value *values, size_t value_count, struct written_event **list, size_t *count)
{
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, values, value_count, &rows));
	*count = rows.count;
	*list = arena_alloc(arena, (rows.count + 1) * sizeof **list);
	db_rows_read(&rows, written_columns, DB_COLUMNS(written_columns), *list, sizeof **list);
	return DB_OK;
}

enum db_outcome meeting_events_written(struct db *db, struct arena *arena, uint64_t first,
    uint64_t last, struct written_event **list, size_t *count)
{
	static const char sql[] =
	    WRITTEN ON_SERVER " WHERE e.id BETWEEN ? AND ?"
			      " ORDER BY s.id, e.session_id, e.seq LIMIT 1000";

	return written_select(db, arena, sql,
	    DB_VALUES(db_integer((int64_t)first), db_integer((int64_t)last)), list, count);
}

enum db_outcome meeting_events_newest(struct db *db, struct arena *arena, const char *server,
    struct written_event **list, size_t *count)
{
	/* A range of the primary key. */
	static const char sql[] = WRITTEN
	    " JOIN (SELECT session_id, MAX(seq) AS seq FROM meeting_events"
	    " WHERE id > (SELECT GREATEST(MAX(id), 10000) - 10000 FROM meeting_events) GROUP BY session_id) n"
	    " ON n.session_id = e.session_id AND n.seq = e.seq" ON_SERVER
	    " WHERE s.name = ? ORDER BY e.id DESC LIMIT 1000";

	return written_select(db, arena, sql, DB_VALUES(db_text(server)), list, count);
}

enum db_outcome meeting_events_behind(struct db *db, struct arena *arena, const char *session_id,
    int64_t after, size_t limit, struct listed_event **list, size_t *count)
{
	static const char sql[] =
	    "SELECT CAST(seq AS SIGNED) AS seq, type, audience, data, at FROM meeting_events"
	    " WHERE session_id = ? AND seq > ? ORDER BY seq LIMIT ?";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql,
	    DB_VALUES(db_text(session_id), db_integer(after), db_integer((int64_t)limit)), &rows));
	*count = rows.count;
	*list = arena_alloc(arena, (rows.count + 1) * sizeof **list);
	db_rows_read(&rows, columns, DB_COLUMNS(columns), *list, sizeof **list);
	return DB_OK;
}
