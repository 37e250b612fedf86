/* Deletes old meetings, with all their rows. */
#include "store/retention.h"

#include "store/db_row.h"

static const struct db_column idle_columns[] = {
    DB_COLUMN(struct idle_meeting, id),
    DB_COLUMN(struct idle_meeting, session_id),
    DB_TIME_COLUMN(struct idle_meeting, idle_since),
};

enum db_outcome meetings_idle(struct db *db, struct arena *arena, int64_t before,
    const struct idle_meeting *after, size_t limit, struct idle_meeting **meetings, size_t *count)
{
	/* A range of the key meetings_idle. */
	static const char sql[] =
	    "SELECT id, session_id, idle_since FROM meetings"
	    " WHERE idle_since < ? AND idle_since >= ? AND (idle_since > ? OR id > ?)"
	    " ORDER BY idle_since, id LIMIT ?";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql,
	    DB_VALUES(db_time(before), db_time(after->idle_since), db_time(after->idle_since),
		db_integer(after->id), db_integer((int64_t)limit)),
	    &rows));
	*count = rows.count;
	*meetings = arena_alloc(arena, (rows.count + 1) * sizeof **meetings);
	db_rows_read(&rows, idle_columns, DB_COLUMNS(idle_columns), *meetings, sizeof **meetings);
	return DB_OK;
}

struct retired_row {
	bool ended, started;
};

static const struct db_column retired_columns[] = {
    DB_COLUMN(struct retired_row, ended),
    DB_COLUMN(struct retired_row, started),
};

enum db_outcome meeting_retire(struct db *db, struct arena *arena,
    const struct idle_meeting *meeting, int64_t now, struct retirement *retirement)
{
	/* A call may go on after the last token has expired. */
	static const char look[] =
	    "SELECT m.end_time IS NOT NULL AS ended, m.start_time IS NOT NULL AS started"
	    " FROM meetings m WHERE m.id = ? AND m.idle_since <= ?"
	    " AND (m.end_time IS NOT NULL OR NOT EXISTS (SELECT c.id FROM connections c"
	    " WHERE c.session_id = m.session_id AND c.left_at IS NULL)) FOR UPDATE";
	/* idle_since stays: if the run stops here, the next one finds the meeting again. */
	static const char retire[] =
	    "UPDATE meetings SET version = version + 1, end_time = COALESCE(end_time, ?),"
	    " deleted_on = COALESCE(deleted_on, ?), deleted = TRUE WHERE id = ?";
	struct retired_row row;
	struct db_rows rows;

	*retirement = (struct retirement){0};
	DB_TRY(db_select(db, arena, look,
	    DB_VALUES(db_integer(meeting->id), db_time(meeting->idle_since)), &rows));
	if (rows.count == 0)
		return DB_OK;
	db_row_read(&rows, 0, retired_columns, DB_COLUMNS(retired_columns), &row);
	*retirement = (struct retirement){.retired = true, .started = row.started && !row.ended};
	return db_execute(db, retire,
	    DB_VALUES(db_time(meeting->idle_since), db_time(now), db_integer(meeting->id)), NULL);
}

/* All rows of a session, except its archives and its meeting. (Rows of idempotency live for a day,
 * and RETENTION_DAYS is never shorter; audit_logs have their own setting.) */
static const char *const rows_of_session[] = {
    "DELETE FROM attendees WHERE session_id = ? LIMIT ?",
    "DELETE FROM connections WHERE session_id = ? LIMIT ?",
    "DELETE FROM connection_ends WHERE session_id = ? LIMIT ?",
    "DELETE FROM grants WHERE session_id = ? LIMIT ?",
    "DELETE FROM meeting_events WHERE session_id = ? LIMIT ?",
    "DELETE FROM invite_codes WHERE session_id = ? LIMIT ?",
    "DELETE FROM erasures WHERE session_id = ? LIMIT ?",
};

enum db_outcome meeting_rows_delete(struct db *db, const char *session_id, size_t *budget)
{
	for (size_t i = 0; i < sizeof rows_of_session / sizeof rows_of_session[0]; i++) {
		uint64_t affected;

		if (*budget == 0)
			return DB_OK;
		DB_TRY(db_execute(db, rows_of_session[i],
		    DB_VALUES(db_text(session_id), db_integer((int64_t)*budget)), &affected));
		*budget -= affected;
	}
	return DB_OK;
}

static const struct db_column archive_columns[] = {
    DB_COLUMN(struct retired_archive, archive_id),
    DB_COLUMN(struct retired_archive, host),
};

enum db_outcome archives_retire(struct db *db, struct arena *arena, const char *session_id,
    int64_t now, struct retired_archive **archives, size_t *count)
{
	static const char select[] = "SELECT archive_id, host FROM archives WHERE session_id = ?";
	static const char update[] =
	    "UPDATE archives SET version = version + 1, status = 'deleted', modified_on = ?"
	    " WHERE session_id = ? AND status <> 'deleted'";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, select, DB_VALUES(db_text(session_id)), &rows));
	*count = rows.count;
	*archives = arena_alloc(arena, (rows.count + 1) * sizeof **archives);
	db_rows_read(
	    &rows, archive_columns, DB_COLUMNS(archive_columns), *archives, sizeof **archives);
	if (rows.count == 0)
		return DB_OK;
	return db_execute(db, update, DB_VALUES(db_time(now), db_text(session_id)), NULL);
}

enum db_outcome meeting_delete(struct db *db, int64_t id)
{
	static const char sql[] = "DELETE FROM meetings WHERE id = ?";

	return db_execute(db, sql, DB_VALUES(db_integer(id)), NULL);
}

enum db_outcome archive_forget(struct db *db, const char *archive_id)
{
	static const char sql[] =
	    "DELETE a FROM archives a LEFT JOIN meetings m ON m.session_id = a.session_id"
	    " WHERE a.archive_id = ? AND a.status = 'deleted' AND m.id IS NULL"
	    " AND NOT EXISTS (SELECT f.id FROM archive_files f WHERE f.archive_id = a.archive_id)";

	return db_execute(db, sql, DB_VALUES(db_text(archive_id)), NULL);
}
