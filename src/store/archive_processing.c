/* What processing keeps in the table of archives. */
#include "store/archive_processing.h"

#include <string.h>

#include "base/clock.h"
#include "meeting/job.h"
#include "store/db_row.h"

static const struct db_column person_columns[] = {
    DB_COLUMN(struct recorded_person, attendee),
    DB_COLUMN(struct recorded_person, name),
};

enum db_outcome recorded_people_find(struct db *db, struct arena *arena, const char *session_id,
    struct recorded_person **people, size_t *count)
{
	/* The event of somebody's joining may be lost. */
	static const char sql[] =
	    "SELECT attendee, name FROM attendees WHERE session_id = ?"
	    " UNION ALL SELECT g.attendee, g.name FROM grants g WHERE g.session_id = ? AND NOT EXISTS"
	    " (SELECT 1 FROM attendees a WHERE a.session_id = g.session_id"
	    " AND a.attendee = g.attendee)";
	struct db_rows rows;

	DB_TRY(
	    db_select(db, arena, sql, DB_VALUES(db_text(session_id), db_text(session_id)), &rows));
	*count = rows.count;
	*people = arena_alloc(arena, (rows.count + 1) * sizeof **people);
	db_rows_read(&rows, person_columns, DB_COLUMNS(person_columns), *people, sizeof **people);
	return DB_OK;
}

const char *recorded_person_name(
    const struct recorded_person *people, size_t count, const char *attendee)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(people[i].attendee, attendee) == 0)
			return people[i].name;
	}
	return NULL;
}

/* Runs an UPDATE, and tells whether it has changed the row. */
static enum db_outcome update(
    struct db *db, const char *sql, const struct db_value *values, size_t count, bool *changed)
{
	uint64_t affected;

	DB_TRY(db_execute(db, sql, values, count, &affected));
	*changed = affected > 0;
	return DB_OK;
}

enum db_outcome archive_tracks_keep(
    struct db *db, const char *archive_id, const char *tracks, int64_t now, bool *changed)
{
	static const char sql[] =
	    "UPDATE archives SET version = version + 1, status = 'processing', progress = 0,"
	    " tracks = ?, failures = 0, reason = NULLIF(reason, ?), modified_on = ?"
	    " WHERE archive_id = ? AND status = 'stopped'";

	return update(db, sql,
	    DB_VALUES(db_text(tracks), db_text(ARCHIVE_WAITS_FOR_SPACE), db_time(now),
		db_text(archive_id)),
	    changed);
}

enum db_outcome archive_tracks_replace(
    struct db *db, const char *archive_id, const char *tracks, int64_t now)
{
	static const char sql[] = "UPDATE archives SET version = version + 1, tracks = ?,"
				  " modified_on = ? WHERE archive_id = ? AND tracks IS NOT NULL";

	return db_execute(
	    db, sql, DB_VALUES(db_text(tracks), db_time(now), db_text(archive_id)), NULL);
}

enum db_outcome archive_progress_set(
    struct db *db, const char *archive_id, int progress, int64_t now, bool *changed)
{
	static const char sql[] =
	    "UPDATE archives SET version = version + 1, progress = ?, modified_on = ?"
	    " WHERE archive_id = ? AND status = 'processing' AND progress <> ?";

	return update(db, sql,
	    DB_VALUES(
		db_integer(progress), db_time(now), db_text(archive_id), db_integer(progress)),
	    changed);
}

enum db_outcome archive_available_set(struct db *db, const char *archive_id,
    const struct archive_result *result, int64_t now, bool *changed)
{
	static const char sql[] =
	    "UPDATE archives SET version = version + 1, status = 'available', progress = NULL,"
	    " reason = NULLIF(reason, ?), failures = 0, tracks = ?, width = NULLIF(?, 0),"
	    " height = NULLIF(?, 0), strip = ?, duration = ?, size = ?, modified_on = ?"
	    " WHERE archive_id = ? AND status IN ('stopped', 'processing')";

	return update(db, sql,
	    DB_VALUES(db_text(ARCHIVE_WAITS_FOR_SPACE), db_text(result->tracks),
		db_integer(result->width), db_integer(result->height), db_text(result->strip),
		db_integer(result->duration), db_integer(result->size), db_time(now),
		db_text(archive_id)),
	    changed);
}

enum db_outcome archive_failed_set(
    struct db *db, const char *archive_id, const char *reason, int64_t now, bool *changed)
{
	static const char sql[] =
	    "UPDATE archives SET version = version + 1, status = 'failed', progress = NULL,"
	    " reason = ?, modified_on = ?"
	    " WHERE archive_id = ? AND status IN ('stopped', 'processing')";

	return update(
	    db, sql, DB_VALUES(db_text(reason), db_time(now), db_text(archive_id)), changed);
}

enum db_outcome archive_failure_count(
    struct db *db, const char *archive_id, bool anew, int64_t now, int64_t *failures)
{
	static const char count[] =
	    "UPDATE archives SET version = version + 1, failures = IF(?, 1, failures + 1),"
	    " modified_on = ? WHERE archive_id = ? AND status IN ('stopped', 'processing')";
	static const char select[] = "SELECT failures FROM archives WHERE archive_id = ?"
				     " AND status IN ('stopped', 'processing')";
	struct arena *arena = arena_new();
	struct db_rows rows = {0};
	enum db_outcome outcome;

	outcome = db_execute(
	    db, count, DB_VALUES(db_integer(anew), db_time(now), db_text(archive_id)), NULL);
	if (outcome == DB_OK)
		outcome = db_select(db, arena, select, DB_VALUES(db_text(archive_id)), &rows);
	*failures = rows.count == 0 ? 0 : db_cell_integer(&rows, 0, 0);
	arena_free(arena);
	return outcome;
}

enum db_outcome archive_in_work(struct db *db, const char *archive_id, bool live, bool *in_work)
{
	static const char sql[] =
	    "SELECT id FROM archives WHERE archive_id = ?"
	    " AND IF(?, status IN ('started', 'paused'), status IN ('stopped', 'processing'))";

	return db_exists(db, sql, DB_VALUES(db_text(archive_id), db_integer(live)), in_work);
}

enum db_outcome archives_in_work(struct db *db, int64_t *count, int64_t *oldest)
{
	static const char sql[] = "SELECT COUNT(*), MIN(stopped_at) FROM archives"
				  " WHERE status IN ('stopped', 'processing')";
	struct arena *arena = arena_new();
	struct db_rows rows = {0};
	enum db_outcome outcome = db_select(db, arena, sql, DB_NO_VALUES, &rows);

	if (outcome == DB_OK) {
		*count = db_cell_integer(&rows, 0, 0);
		*oldest = db_cell_time(&rows, 0, 1);
	}
	arena_free(arena);
	return outcome;
}

enum db_outcome archive_wait_set(struct db *db, const char *archive_id, int64_t now)
{
	static const char sql[] =
	    "UPDATE archives SET version = version + 1, reason = ?, modified_on = ?"
	    " WHERE archive_id = ? AND status IN ('stopped', 'processing') AND reason IS NULL";

	return db_execute(db, sql,
	    DB_VALUES(db_text(ARCHIVE_WAITS_FOR_SPACE), db_time(now), db_text(archive_id)), NULL);
}

enum db_outcome archive_processing_restart(
    struct db *db, const char *archive_id, int64_t now, bool *changed)
{
	static const char sql[] =
	    "UPDATE archives SET version = version + 1, status = 'stopped', progress = NULL,"
	    " reason = NULL, failures = 0, modified_on = ?"
	    " WHERE archive_id = ? AND status IN ('stopped', 'processing', 'failed')";

	return update(db, sql, DB_VALUES(db_time(now), db_text(archive_id)), changed);
}

static const struct db_column waiting_columns[] = {
    DB_COLUMN(struct waiting_archive, archive_id),
    DB_COLUMN(struct waiting_archive, status),
    DB_COLUMN(struct waiting_archive, host),
    DB_TIME_COLUMN(struct waiting_archive, stopped_at),
    DB_COLUMN(struct waiting_archive, progress),
    DB_COLUMN(struct waiting_archive, reason),
    DB_COLUMN(struct waiting_archive, failures),
    DB_COLUMN(struct waiting_archive, last_error),
    DB_TIME_COLUMN(struct waiting_archive, next_try),
    DB_COLUMN(struct waiting_archive, running),
};

#define JOB_OF_ARCHIVE                                                                             \
	" FROM jobs j WHERE j.subject = a.archive_id"                                              \
	" AND j.kind IN ('" JOB_ARCHIVE_TRACKS "', '" JOB_ARCHIVE_COMPOSE "')"

enum db_outcome archives_waiting(struct db *db, struct arena *arena, int64_t now, size_t limit,
    struct waiting_archive **archives, size_t *count)
{
	static const char sql[] =
	    "SELECT a.archive_id, a.status, a.host, a.stopped_at,"
	    " IFNULL(CAST(a.progress AS SIGNED), -1) AS progress, a.reason, a.failures,"
	    " (SELECT MAX(j.last_error)" JOB_OF_ARCHIVE ") AS last_error,"
	    " (SELECT MIN(j.due)" JOB_OF_ARCHIVE ") AS next_try,"
	    " (SELECT COUNT(*)" JOB_OF_ARCHIVE " AND j.leased_until >= ?) > 0 AS running"
	    " FROM archives a WHERE a.status IN ('stopped', 'processing', 'failed')"
	    " ORDER BY a.id LIMIT ?";
	struct db_rows rows;

	DB_TRY(
	    db_select(db, arena, sql, DB_VALUES(db_time(now), db_integer((int64_t)limit)), &rows));
	*count = rows.count;
	*archives = arena_alloc(arena, (rows.count + 1) * sizeof **archives);
	db_rows_read(
	    &rows, waiting_columns, DB_COLUMNS(waiting_columns), *archives, sizeof **archives);
	return DB_OK;
}
