/* The people in the table of grants who wait for a moderator. */
#include "store/waiting.h"

#include "base/clock.h"
#include "store/db_row.h"
#include "store/meetings.h"

static const struct db_column columns[] = {
    DB_COLUMN(struct waiter, id),
    DB_COLUMN(struct waiter, session_id),
    DB_COLUMN(struct waiter, attendee),
    DB_COLUMN(struct waiter, role),
    DB_COLUMN(struct waiter, name),
    DB_COLUMN(struct waiter, verified),
    DB_TIME_COLUMN(struct waiter, waiting_since),
    DB_TIME_COLUMN(struct waiter, created_on),
    DB_TIME_COLUMN(struct waiter, modified_on),
};

/* A range of the key grants_waiting. A person may have a row for each role. */
#define WAITING(more)                                                                                                    \
	"SELECT MIN(g.id) AS id, MIN(g.session_id) AS session_id, g.attendee, MAX(g.role) AS role, MAX(g.name) AS name," \
	" MAX(g.verified) AS verified, MIN(g.waiting_since) AS waiting_since,"                                           \
	" MIN(g.created_on) AS created_on, MAX(g.modified_on) AS modified_on FROM meetings m"                            \
	" JOIN grants g ON g.session_id = m.session_id AND g.waiting_since IS NOT NULL" more                             \
	" WHERE m.meeting_link = ? AND m.end_time IS NULL AND m.deleted = FALSE"                                         \
	" AND " MEETING_IN_SCOPE " GROUP BY g.attendee ORDER BY waiting_since, id"

enum db_outcome waiting_find(struct db *db, struct arena *arena, struct target target,
    struct waiter **waiters, size_t *count)
{
	static const char sql[] = WAITING("");
	struct db_rows rows;

	DB_TRY(db_select(
	    db, arena, sql, DB_VALUES(db_text(target.name), SCOPE_VALUES(target.scope)), &rows));
	*count = rows.count;
	*waiters = arena_alloc(arena, (rows.count + 1) * sizeof **waiters);
	db_rows_read(&rows, columns, DB_COLUMNS(columns), *waiters, sizeof **waiters);
	return DB_OK;
}

enum db_outcome waiting_find_one(struct db *db, struct arena *arena, struct target target,
    const char *attendee, struct waiter *waiter, bool *found)
{
	static const char sql[] = WAITING(" AND g.attendee = ?");
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql,
	    DB_VALUES(db_text(attendee), db_text(target.name), SCOPE_VALUES(target.scope)), &rows));
	*found = rows.count > 0;
	if (*found)
		db_row_read(&rows, 0, columns, DB_COLUMNS(columns), waiter);
	return DB_OK;
}

enum db_outcome waiting_end(struct db *db, const char *session_id, const struct waiter *waiter,
    int64_t room_epoch, int64_t now, bool *waited)
{
	static const char sql[] =
	    "UPDATE grants SET version = version + 1, waiting_since = NULL,"
	    " room_epoch = IF(role = ?, ?, NULL), modified_on = ?"
	    " WHERE session_id = ? AND attendee = ? AND waiting_since IS NOT NULL";
	uint64_t affected;

	DB_TRY(db_execute(db, sql,
	    DB_VALUES(db_integer(waiter->role),
		room_epoch == TIME_NONE ? db_text(NULL) : db_integer(room_epoch), db_time(now),
		db_text(session_id), db_text(waiter->attendee)),
	    &affected));
	*waited = affected > 0;
	return DB_OK;
}

static const struct db_column held_columns[] = {
    DB_COLUMN(struct held, attendee),
    DB_TIME_COLUMN(struct held, banned_on),
    DB_TIME_COLUMN(struct held, waiting_since),
};

static const struct db_column session_columns[] = {
    DB_TIME_COLUMN(struct session_entries, closed_at),
    DB_COLUMN(struct session_entries, newest),
};

enum db_outcome session_entries_find(
    struct db *db, struct arena *arena, const char *session_id, struct session_entries *entries)
{
	/* The session's key, and ranges of grants_banned and grants_waiting, which are usually
	 * empty. */
	static const char sql[] =
	    "SELECT COALESCE(m.end_time, IF(m.deleted, m.deleted_on, NULL)) AS closed_at,"
	    " (SELECT CAST(MAX(e.seq) AS SIGNED) FROM meeting_events e"
	    " WHERE e.session_id = m.session_id) AS newest,"
	    " g.attendee, g.banned_on, g.waiting_since FROM meetings m"
	    " LEFT JOIN grants g ON g.session_id = m.session_id AND g.banned_on IS NOT NULL"
	    " WHERE m.session_id = ?"
	    " UNION ALL SELECT NULL, NULL, w.attendee, w.banned_on, w.waiting_since FROM grants w"
	    " WHERE w.session_id = ? AND w.waiting_since IS NOT NULL AND w.banned_on IS NULL";
	struct db_rows rows;

	DB_TRY(
	    db_select(db, arena, sql, DB_VALUES(db_text(session_id), db_text(session_id)), &rows));
	*entries = (struct session_entries){.found = rows.count > 0, .closed_at = TIME_NONE};
	if (rows.count == 0)
		return DB_OK;
	for (size_t i = 0; i < rows.count; i++) {
		struct session_entries one;

		/* A UNION promises no order: the meeting's columns are in one of its rows. */
		db_row_read(&rows, i, session_columns, DB_COLUMNS(session_columns), &one);
		if (one.closed_at != TIME_NONE)
			entries->closed_at = one.closed_at;
		if (one.newest > entries->newest)
			entries->newest = one.newest;
	}
	entries->held = arena_alloc(arena, rows.count * sizeof *entries->held);
	entries->held_count = rows.count;
	db_rows_read(
	    &rows, held_columns, DB_COLUMNS(held_columns), entries->held, sizeof *entries->held);
	return DB_OK;
}
