/* The table of archives: one row per recording. */
#include "store/archives.h"

#include <string.h>

#include "base/clock.h"
#include "store/db_row.h"
#include "store/meetings.h"
#include "store/settings.h"

#define ARCHIVE_FILE_PATH(kind, column)                                                            \
	" (SELECT f.path FROM archive_files f WHERE f.archive_id = a.archive_id"                   \
	" AND f.kind = '" ARCHIVE_FILE_##kind "' LIMIT 1) AS " #column ","
#define PATH_COMPOSED   ARCHIVE_FILE_PATH(COMPOSED, composed)
#define PATH_POSTER     ARCHIVE_FILE_PATH(POSTER, poster)
#define PATH_THUMBNAILS ARCHIVE_FILE_PATH(THUMBNAILS, thumbnails)
#define PATH_CHAPTERS   ARCHIVE_FILE_PATH(CHAPTERS, chapters)

#define ARCHIVE_COLUMNS                                                                            \
	" a.id, a.archive_id, a.session_id, m.meeting_link, a.name, a.status, a.host,"             \
	" a.created_at, a.stopped_at, a.duration, a.size, a.reason, a.storage, a.output_mode,"     \
	" a.tracks, CAST(IFNULL(a.progress, -1) AS SIGNED) AS progress,"                           \
	" CAST(IFNULL(a.width, 0) AS SIGNED) AS width,"                                            \
	" CAST(IFNULL(a.height, 0) AS SIGNED) AS height, a.strip," PATH_COMPOSED PATH_POSTER       \
	    PATH_THUMBNAILS PATH_CHAPTERS                                                          \
	" (SELECT f.object FROM archive_files f WHERE f.archive_id = a.archive_id"                 \
	" AND f.kind = '" ARCHIVE_FILE_COMPOSED                                                    \
	"' AND f.uploaded_at IS NOT NULL LIMIT 1) AS object"

/* A new archive gets the present storage target, and keeps it. */
#define STORAGE_NOW "(SELECT value FROM settings WHERE name = '" SETTING_STORAGE_TARGET "')"

enum db_outcome archive_begin(
    struct db *db, const char *session_id, const char *host, int64_t at, int64_t now, bool *begun)
{
	/* An event that comes after the meeting's end still says when the recording began. An
	 * archive that was stopped before has a row already, which stays "stopped". A late event
	 * from the time of an earlier recording does not begin the next one. */
	static const char sql[] =
	    "INSERT INTO archives (archive_id, session_id, name, status, host, created_at,"
	    " stopped_at, duration, storage, created_on, modified_on)"
	    " SELECT m.archive_id, m.session_id, m.ext_id,"
	    " IF(m.end_time IS NULL, 'started', 'stopped'), ?, ?, m.end_time,"
	    " IF(m.end_time IS NULL, 0, TIMESTAMPDIFF(SECOND, ?, m.end_time))," STORAGE_NOW ", ?, ?"
	    " FROM meetings m LEFT JOIN archives own ON own.archive_id = m.archive_id"
	    " WHERE m.session_id = ? AND m.is_archived AND m.archive_id IS NOT NULL"
	    " AND IF(m.end_time IS NULL, m.recording_id = m.archive_id, m.end_time > ?)"
	    " AND (own.id IS NOT NULL OR NOT EXISTS (SELECT o.id FROM archives o"
	    " WHERE o.session_id = m.session_id AND o.stopped_at >= ?))"
	    " ON DUPLICATE KEY UPDATE"
	    " created_at = LEAST(archives.created_at, VALUES(created_at))";
	uint64_t affected;

	DB_TRY(db_execute(db, sql,
	    DB_VALUES(db_text(host), db_time(at), db_time(at), db_time(now), db_time(now),
		db_text(session_id), db_time(at), db_time(at)),
	    &affected));
	*begun = affected == 1;
	return DB_OK;
}

enum db_outcome archive_insert(struct db *db, const struct archive *archive, int64_t now)
{
	static const char sql[] =
	    "INSERT INTO archives (archive_id, session_id, name, status, host, created_at, storage,"
	    " output_mode, created_on, modified_on)"
	    " VALUES (?, ?, ?, 'started', ?, ?," STORAGE_NOW ", ?, ?, ?)";
	bool duplicate; /* an earlier try of this transaction wrote the row */

	return db_insert(db, sql,
	    DB_VALUES(db_text(archive->archive_id), db_text(archive->session_id),
		db_text(archive->name), db_text(archive->host), db_time(archive->created_at),
		db_text(archive->output_mode), db_time(now), db_time(now)),
	    &duplicate);
}

enum db_outcome archive_remove(struct db *db, const char *archive_id)
{
	static const char sql[] = "DELETE FROM archives WHERE archive_id = ?";

	return db_execute(db, sql, DB_VALUES(db_text(archive_id)), NULL);
}

static const char *end_status(const struct archive_end *end)
{
	return end->failed ? "failed" : "stopped";
}

enum db_outcome archive_stop(struct db *db, const char *archive_id, const struct archive_end *end,
    int64_t at, int64_t now, const char *request_id, bool *stopped)
{
	static const char update[] =
	    "UPDATE archives SET version = version + 1, status = ?, reason = ?, stopped_at = ?,"
	    " stopped_by_request = ?, silent_since = NULL,"
	    " duration = GREATEST(0, TIMESTAMPDIFF(SECOND, created_at, ?)),"
	    " size = GREATEST(size, ?), modified_on = ?"
	    " WHERE archive_id = ? AND status IN ('started', 'paused')";
	static const char select[] = "SELECT id FROM archives WHERE archive_id = ?"
				     " AND status IN ('stopped', 'failed')"
				     " AND stopped_by_request = ?";
	uint64_t affected;

	DB_TRY(db_execute(db, update,
	    DB_VALUES(db_text(end_status(end)), db_text(end->reason), db_time(at),
		db_text(request_id), db_time(at), db_integer(end->size), db_time(now),
		db_text(archive_id)),
	    &affected));
	*stopped = affected > 0;
	if (*stopped)
		return DB_OK;
	return db_exists(db, select, DB_VALUES(db_text(archive_id), db_text(request_id)), stopped);
}

enum db_outcome archives_running(struct db *db, struct arena *arena, const char *session_id,
    const char ***archive_ids, size_t *count)
{
	static const char sql[] = "SELECT archive_id FROM archives"
				  " WHERE session_id = ? AND status IN ('started', 'paused')";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(session_id)), &rows));
	*count = rows.count;
	*archive_ids = db_rows_texts(arena, &rows);
	return DB_OK;
}

enum db_outcome archives_stop(struct db *db, const char *session_id, int64_t at, int64_t now)
{
	static const char sql[] =
	    "UPDATE archives SET version = version + 1, status = 'stopped', stopped_at = ?,"
	    " duration = GREATEST(0, TIMESTAMPDIFF(SECOND, created_at, ?)), modified_on = ?"
	    " WHERE session_id = ? AND status IN ('started', 'paused')";

	return db_execute(
	    db, sql, DB_VALUES(db_time(at), db_time(at), db_time(now), db_text(session_id)), NULL);
}

static const struct db_column columns[] = {
    DB_COLUMN(struct archive, id),
    DB_COLUMN(struct archive, archive_id),
    DB_COLUMN(struct archive, session_id),
    DB_COLUMN(struct archive, meeting_link),
    DB_COLUMN(struct archive, name),
    DB_COLUMN(struct archive, status),
    DB_COLUMN(struct archive, host),
    DB_TIME_COLUMN(struct archive, created_at),
    DB_TIME_COLUMN(struct archive, stopped_at),
    DB_COLUMN(struct archive, duration),
    DB_COLUMN(struct archive, size),
    DB_COLUMN(struct archive, reason),
    DB_COLUMN(struct archive, storage),
    DB_COLUMN(struct archive, output_mode),
    DB_COLUMN(struct archive, progress),
    DB_COLUMN(struct archive, tracks),
    DB_COLUMN(struct archive, width),
    DB_COLUMN(struct archive, height),
    DB_COLUMN(struct archive, strip),
    DB_COLUMN(struct archive, composed),
    DB_COLUMN(struct archive, poster),
    DB_COLUMN(struct archive, thumbnails),
    DB_COLUMN(struct archive, chapters),
    DB_COLUMN(struct archive, object),
};

/* One way to select archives: the list, its count, and the values of both. */
struct choice {
	const char *list;
	const char *count;
	struct db_value values[7];
	size_t value_count;
};

#define ARCHIVE_LIST(filter)                                                                       \
	"SELECT" ARCHIVE_COLUMNS filter " ORDER BY a.created_on DESC, a.id DESC LIMIT ? OFFSET ?"
#define ARCHIVE_COUNT(filter) "SELECT COUNT(*)" filter

/* Each of these begins with the key that finds the fewest rows. An archive has no m.id when its
 * meeting's row was removed. */
#define ARCHIVE_IN_SCOPE " (? IS NULL OR (m.id IS NOT NULL AND (m.tenant IS NULL OR m.tenant = ?)))"
#define ARCHIVE_STATUS   " IF(? IS NULL, a.status <> 'deleted', a.status = ?)"
#define OF_LINK                                                                                    \
	" FROM meetings m JOIN archives a ON a.session_id = m.session_id"                          \
	" WHERE m.meeting_link = ? AND (? IS NULL OR a.session_id = ?)"                            \
	" AND" ARCHIVE_STATUS " AND " MEETING_IN_SCOPE
#define OF_SESSION                                                                                 \
	" FROM archives a LEFT JOIN meetings m ON m.session_id = a.session_id"                     \
	" WHERE a.session_id = ? AND" ARCHIVE_STATUS " AND" ARCHIVE_IN_SCOPE
#define OF_TENANT                                                                                  \
	" FROM archives a JOIN meetings m ON m.session_id = a.session_id"                          \
	" WHERE" ARCHIVE_STATUS " AND (m.tenant IS NULL OR m.tenant = ?)"
#define JOIN_MEETING " LEFT JOIN meetings m ON m.session_id = a.session_id"
#define OF_STATUS    " WHERE a.status = ?"
#define OF_ANY       " WHERE a.status <> 'deleted'"

static struct choice narrow_choice(struct scope scope, const struct archive_query *query)
{
	const struct db_value status = db_text(query->status);
	const struct db_value session = db_text(query->session_id);

	if (query->meeting_link != NULL)
		return (struct choice){.list = ARCHIVE_LIST(OF_LINK),
		    .count = ARCHIVE_COUNT(OF_LINK),
		    .values = {db_text(query->meeting_link), session, session, status, status,
			SCOPE_VALUES(scope)},
		    .value_count = 7};
	return (struct choice){.list = ARCHIVE_LIST(OF_SESSION),
	    .count = ARCHIVE_COUNT(OF_SESSION),
	    .values = {session, status, status, SCOPE_VALUES(scope)},
	    .value_count = 5};
}

/* The count of an operator needs no join. */
static struct choice wide_choice(struct scope scope, const struct archive_query *query)
{
	const struct db_value status = db_text(query->status);

	if (scope.tenant != NULL)
		return (struct choice){.list = ARCHIVE_LIST(OF_TENANT),
		    .count = ARCHIVE_COUNT(OF_TENANT),
		    .values = {status, status, db_text(scope.tenant)},
		    .value_count = 3};
	if (query->status != NULL)
		return (struct choice){
		    .list = ARCHIVE_LIST(" FROM archives a" JOIN_MEETING OF_STATUS),
		    .count = ARCHIVE_COUNT(" FROM archives a" OF_STATUS),
		    .values = {status},
		    .value_count = 1};
	return (struct choice){.list = ARCHIVE_LIST(" FROM archives a" JOIN_MEETING OF_ANY),
	    .count = ARCHIVE_COUNT(" FROM archives a" OF_ANY)};
}

enum db_outcome archives_find(struct db *db, struct arena *arena, struct scope scope,
    const struct archive_query *query, struct archive_page *page)
{
	bool narrow = query->meeting_link != NULL || query->session_id != NULL;
	const struct choice choice =
	    narrow ? narrow_choice(scope, query) : wide_choice(scope, query);
	struct db_value values[sizeof choice.values / sizeof choice.values[0] + 2];
	struct db_rows rows, count_rows;

	memcpy(values, choice.values, sizeof choice.values);
	values[choice.value_count] = db_integer(query->limit);
	values[choice.value_count + 1] = db_integer(query->offset);
	DB_TRY(db_select(db, arena, choice.list, values, choice.value_count + 2, &rows));
	page->count = rows.count;
	page->archives = arena_alloc(arena, (rows.count + 1) * sizeof *page->archives);
	db_rows_read(&rows, columns, DB_COLUMNS(columns), page->archives, sizeof *page->archives);
	DB_TRY(db_select(db, arena, choice.count, choice.values, choice.value_count, &count_rows));
	page->total = db_cell_integer(&count_rows, 0, 0);
	return DB_OK;
}

enum db_outcome archive_find(
    struct db *db, struct arena *arena, struct target target, struct archive *archive, bool *found)
{
	static const char sql[] = "SELECT" ARCHIVE_COLUMNS " FROM archives a" JOIN_MEETING
				  " WHERE a.archive_id = ? AND a.status <> 'deleted'"
				  " AND" ARCHIVE_IN_SCOPE;
	struct db_rows rows;

	*archive = (struct archive){0};
	DB_TRY(db_select(
	    db, arena, sql, DB_VALUES(db_text(target.name), SCOPE_VALUES(target.scope)), &rows));
	*found = rows.count > 0;
	if (*found)
		db_row_read(&rows, 0, columns, DB_COLUMNS(columns), archive);
	return DB_OK;
}

enum db_outcome archive_mark_deleted(
    struct db *db, int64_t id, int64_t now, const char *request_id, bool *deleted)
{
	static const char update[] =
	    "UPDATE archives SET version = version + 1, status = 'deleted',"
	    " deleted_by_request = ?, modified_on = ?"
	    " WHERE id = ? AND status NOT IN ('started', 'paused', 'deleted')";
	static const char select[] =
	    "SELECT id FROM archives WHERE id = ? AND deleted_by_request = ?";
	uint64_t affected;

	DB_TRY(db_execute(
	    db, update, DB_VALUES(db_text(request_id), db_time(now), db_integer(id)), &affected));
	*deleted = affected > 0;
	if (*deleted)
		return DB_OK;
	return db_exists(db, select, DB_VALUES(db_integer(id), db_text(request_id)), deleted);
}

enum db_outcome archive_known(struct db *db, const char *archive_id, bool *known)
{
	static const char sql[] = "SELECT id FROM archives WHERE archive_id = ?";

	return db_exists(db, sql, DB_VALUES(db_text(archive_id)), known);
}

enum db_outcome archive_host_find(
    struct db *db, struct arena *arena, const char *archive_id, const char **host)
{
	static const char sql[] = "SELECT host FROM archives WHERE archive_id = ?";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(archive_id)), &rows));
	*host = rows.count == 0 ? NULL : db_cell_text(&rows, 0, 0);
	return DB_OK;
}

enum db_outcome archive_end_set(
    struct db *db, int64_t id, const struct archive_end *end, int64_t now, bool *changed)
{
	static const char sql[] =
	    "UPDATE archives SET version = version + 1, size = ?, status = ?, reason = ?,"
	    " modified_on = ? WHERE id = ? AND status IN ('stopped', 'failed') AND failures = 0"
	    " AND (size < ? OR status <> ?)";
	const struct db_value size = db_integer(end->size), status = db_text(end_status(end));
	uint64_t affected;

	DB_TRY(db_execute(db, sql,
	    DB_VALUES(
		size, status, db_text(end->reason), db_time(now), db_integer(id), size, status),
	    &affected));
	*changed = affected > 0;
	return DB_OK;
}

enum db_outcome archive_size_set(struct db *db, const char *archive_id, int64_t size)
{
	static const char sql[] =
	    "UPDATE archives SET version = version + 1, size = ? WHERE archive_id = ?"
	    " AND status NOT IN ('processing', 'available', 'uploaded')";

	return db_execute(db, sql, DB_VALUES(db_integer(size), db_text(archive_id)), NULL);
}

enum db_outcome archive_find_any(struct db *db, struct arena *arena, const char *archive_id,
    struct archive *archive, bool *found)
{
	static const char sql[] =
	    "SELECT" ARCHIVE_COLUMNS " FROM archives a" JOIN_MEETING " WHERE a.archive_id = ?";
	struct db_rows rows;

	*archive = (struct archive){0};
	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(archive_id)), &rows));
	*found = rows.count > 0;
	if (*found)
		db_row_read(&rows, 0, columns, DB_COLUMNS(columns), archive);
	return DB_OK;
}

enum db_outcome archive_uploaded_set(
    struct db *db, const char *archive_id, int64_t now, bool *changed)
{
	static const char sql[] =
	    "UPDATE archives SET version = version + 1, status = 'uploaded', modified_on = ?"
	    " WHERE archive_id = ? AND status = 'available' AND NOT EXISTS (SELECT f.id"
	    " FROM archive_files f WHERE f.archive_id = archives.archive_id"
	    " AND f.uploaded_at IS NULL AND f.kind <> '" ARCHIVE_FILE_ERASED "')";
	uint64_t affected;

	DB_TRY(db_execute(db, sql, DB_VALUES(db_time(now), db_text(archive_id)), &affected));
	*changed = affected > 0;
	return DB_OK;
}

#define EXPIRABLE " a.status IN ('stopped', 'available', 'uploaded', 'failed')"

enum db_outcome archives_old(struct db *db, struct arena *arena, int64_t before, size_t limit,
    struct archive **archives, size_t *count)
{
	static const char sql[] = "SELECT" ARCHIVE_COLUMNS " FROM archives a" JOIN_MEETING
				  " WHERE" EXPIRABLE " AND a.created_on < ? LIMIT ?";
	struct db_rows rows;

	DB_TRY(db_select(
	    db, arena, sql, DB_VALUES(db_time(before), db_integer((int64_t)limit)), &rows));
	*count = rows.count;
	*archives = arena_alloc(arena, (rows.count + 1) * sizeof **archives);
	db_rows_read(&rows, columns, DB_COLUMNS(columns), *archives, sizeof **archives);
	return DB_OK;
}

enum db_outcome archive_expire(struct db *db, int64_t id, int64_t now, bool *expired)
{
	static const char sql[] =
	    "UPDATE archives a SET a.version = a.version + 1,"
	    " a.status = 'expired', a.modified_on = ? WHERE a.id = ? AND" EXPIRABLE;
	uint64_t affected;

	DB_TRY(db_execute(db, sql, DB_VALUES(db_time(now), db_integer(id)), &affected));
	*expired = affected > 0;
	return DB_OK;
}
