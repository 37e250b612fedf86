/* The archives that are being recorded. */
#include "store/running_recordings.h"

#include "base/clock.h"
#include "store/db_row.h"
#include "store/media_servers.h"

#define RUNNING " a.status IN ('started', 'paused')"

/* Who only watches has no participant id. */
#define SENDER " c.session_id = a.session_id AND c.participant <> ''"

/* The key archives_status finds the running recordings, and connections_participant their people.
 */
#define EMPTY_SINCE                                                                                \
	" GREATEST(a.created_at, COALESCE((SELECT MAX(c.left_at) FROM connections c"               \
	" WHERE" SENDER "), a.created_at)) AS empty_since"
#define FROM_EMPTY                                                                                 \
	" FROM archives a JOIN meetings m ON m.session_id = a.session_id"                          \
	" WHERE" RUNNING " AND a.created_at <= ? AND NOT EXISTS (SELECT c.id FROM connections c"   \
	" WHERE" SENDER " AND c.left_at IS NULL)"
#define RECORDING_COLUMNS                                                                          \
	" a.archive_id, a.session_id, m.server, a.reason, a.silent_since,"                         \
	" IFNULL(a.silent_bytes, 0) AS silent_bytes"

static const struct db_column columns[] = {
    DB_COLUMN(struct running_recording, archive_id),
    DB_COLUMN(struct running_recording, session_id),
    DB_COLUMN(struct running_recording, server),
    DB_COLUMN(struct running_recording, reason),
    DB_TIME_COLUMN(struct running_recording, silent_since),
    DB_COLUMN(struct running_recording, silent_bytes),
};

static void recordings_read(struct arena *arena, const struct db_rows *rows,
    struct running_recording **recordings, size_t *count)
{
	*count = rows->count;
	*recordings = arena_alloc(arena, (rows->count + 1) * sizeof **recordings);
	db_rows_read(rows, columns, DB_COLUMNS(columns), *recordings, sizeof **recordings);
}

enum db_outcome recordings_idle(struct db *db, struct arena *arena, const char *server,
    int64_t before, struct running_recording **recordings, size_t *count)
{
	static const char sql[] =
	    "SELECT" RECORDING_COLUMNS "," EMPTY_SINCE FROM_EMPTY
	    " AND COALESCE(m.server, " FIRST_SERVER ") = ? HAVING empty_since <= ? LIMIT 100";
	struct db_rows rows;

	DB_TRY(db_select(
	    db, arena, sql, DB_VALUES(db_time(before), db_text(server), db_time(before)), &rows));
	recordings_read(arena, &rows, recordings, count);
	return DB_OK;
}

struct empty_since {
	int64_t at;
};

static const struct db_column since_columns[] = {
    DB_TIME_COLUMN_AS("empty_since", struct empty_since, at),
};

enum db_outcome recording_empty_since(
    struct db *db, const char *archive_id, int64_t before, int64_t *since)
{
	static const char sql[] =
	    "SELECT" EMPTY_SINCE FROM_EMPTY " AND a.archive_id = ? HAVING empty_since <= ?";
	struct empty_since found = {.at = TIME_NONE};
	struct arena *arena = arena_new();
	struct db_rows rows;
	enum db_outcome outcome = db_select(db, arena, sql,
	    DB_VALUES(db_time(before), db_text(archive_id), db_time(before)), &rows);

	if (outcome == DB_OK && rows.count > 0)
		db_row_read(&rows, 0, since_columns, DB_COLUMNS(since_columns), &found);
	*since = found.at;
	arena_free(arena);
	return outcome;
}

enum db_outcome recordings_running_on(struct db *db, struct arena *arena, const char *host,
    bool unwritten, struct running_recording **recordings, size_t *count)
{
	static const char sql[] =
	    "SELECT" RECORDING_COLUMNS " FROM archives a"
	    " JOIN meetings m ON m.session_id = a.session_id"
	    " WHERE" RUNNING " AND (a.host = ? OR a.host IS NULL) AND (a.size = 0 OR NOT ?)";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(host), db_integer(unwritten)), &rows));
	recordings_read(arena, &rows, recordings, count);
	return DB_OK;
}

enum db_outcome recording_written(
    struct db *db, const char *archive_id, int64_t size, int64_t now, bool *changed)
{
	static const char sql[] =
	    "UPDATE archives a SET a.version = a.version + 1, a.size = ?, a.reason = NULL,"
	    " a.silent_since = NULL, a.modified_on = ?"
	    " WHERE a.archive_id = ? AND a.size = 0 AND" RUNNING;
	uint64_t affected;

	DB_TRY(db_execute(
	    db, sql, DB_VALUES(db_integer(size), db_time(now), db_text(archive_id)), &affected));
	*changed = affected > 0;
	return DB_OK;
}

enum db_outcome recording_silence_keep(
    struct db *db, const char *archive_id, int64_t since, int64_t bytes)
{
	static const char sql[] = "UPDATE archives a SET a.silent_since = ?, a.silent_bytes = ?"
				  " WHERE a.archive_id = ? AND" RUNNING;

	return db_execute(
	    db, sql, DB_VALUES(db_time(since), db_integer(bytes), db_text(archive_id)), NULL);
}

enum db_outcome recording_silence_tell(
    struct db *db, const char *archive_id, const char *reason, int64_t now, bool *changed)
{
	static const char sql[] =
	    "UPDATE archives a SET a.version = a.version + 1, a.reason = ?, a.modified_on = ?"
	    " WHERE a.archive_id = ? AND a.size = 0 AND a.reason IS NULL AND" RUNNING;
	uint64_t affected;

	DB_TRY(db_execute(
	    db, sql, DB_VALUES(db_text(reason), db_time(now), db_text(archive_id)), &affected));
	*changed = affected > 0;
	return DB_OK;
}

enum db_outcome connections_sending(struct db *db, struct arena *arena, const char *session_id,
    const char ***connection_ids, size_t *count)
{
	static const char sql[] = "SELECT connection_id FROM connections WHERE session_id = ?"
				  " AND left_at IS NULL AND participant <> ''";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(session_id)), &rows));
	*count = rows.count;
	*connection_ids = db_rows_texts(arena, &rows);
	return DB_OK;
}
