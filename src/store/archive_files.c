/* The table of the files of archives, and of their objects in the storage. */
#include "store/archive_files.h"

#include "base/clock.h"
#include "meeting/job.h"
#include "store/db_row.h"

enum db_outcome archive_file_put(
    struct db *db, const char *archive_id, const struct archive_file *file, int64_t now)
{
	/* object and upload_id stay: what the storage has of the earlier file is known by them. */
	static const char sql[] =
	    "INSERT INTO archive_files (archive_id, path, kind, content_type, size, created_on,"
	    " modified_on) VALUES (?, ?, ?, ?, ?, ?, ?)"
	    " ON DUPLICATE KEY UPDATE version = version + 1, kind = VALUES(kind),"
	    " content_type = VALUES(content_type), size = VALUES(size), local_copy = TRUE,"
	    " uploaded_at = NULL, sha256 = NULL, fault = NULL, fault_text = NULL,"
	    " faulty_since = NULL, given_up = FALSE, modified_on = VALUES(modified_on)";

	return db_execute(db, sql,
	    DB_VALUES(db_text(archive_id), db_text(file->path), db_text(file->kind),
		db_text(file->content_type), db_integer(file->size), db_time(now), db_time(now)),
	    NULL);
}

static const struct db_column columns[] = {
    DB_COLUMN(struct archive_file, id),
    DB_COLUMN(struct archive_file, path),
    DB_COLUMN(struct archive_file, kind),
    DB_COLUMN(struct archive_file, content_type),
    DB_COLUMN(struct archive_file, size),
    DB_COLUMN(struct archive_file, local_copy),
    DB_COLUMN(struct archive_file, object),
    DB_COLUMN(struct archive_file, upload_id),
    DB_COLUMN(struct archive_file, sha256),
    DB_TIME_COLUMN(struct archive_file, uploaded_at),
    DB_COLUMN(struct archive_file, fault),
    DB_COLUMN(struct archive_file, fault_text),
    DB_TIME_COLUMN(struct archive_file, faulty_since),
    DB_COLUMN(struct archive_file, given_up),
};

enum db_outcome archive_files_find(struct db *db, struct arena *arena, const char *archive_id,
    struct archive_file **files, size_t *count)
{
	static const char sql[] =
	    "SELECT id, path, kind, content_type, size, local_copy, object, upload_id, sha256,"
	    " uploaded_at, fault, fault_text, faulty_since, given_up FROM archive_files"
	    " WHERE archive_id = ? ORDER BY id";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(archive_id)), &rows));
	*count = rows.count;
	*files = arena_alloc(arena, (rows.count + 1) * sizeof **files);
	db_rows_read(&rows, columns, DB_COLUMNS(columns), *files, sizeof **files);
	return DB_OK;
}

/* `version` changes each time, so that the row counts as changed. */
enum db_outcome archive_file_object_set(
    struct db *db, int64_t id, const char *object, int64_t now, bool *kept)
{
	static const char sql[] = "UPDATE archive_files SET version = version + 1, object = ?,"
				  " modified_on = ? WHERE id = ?";
	uint64_t affected;

	DB_TRY(db_execute(
	    db, sql, DB_VALUES(db_text(object), db_time(now), db_integer(id)), &affected));
	*kept = affected > 0;
	return DB_OK;
}

enum db_outcome archive_file_upload_set(
    struct db *db, int64_t id, const char *upload_id, int64_t now, bool *kept)
{
	static const char sql[] = "UPDATE archive_files SET version = version + 1, upload_id = ?,"
				  " modified_on = ? WHERE id = ?";
	uint64_t affected;

	DB_TRY(db_execute(
	    db, sql, DB_VALUES(db_text(upload_id), db_time(now), db_integer(id)), &affected));
	*kept = affected > 0;
	return DB_OK;
}

enum db_outcome archive_file_uploaded(
    struct db *db, int64_t id, int64_t size, const char *sha256, int64_t now, bool *kept)
{
	static const char sql[] =
	    "UPDATE archive_files SET version = version + 1, size = ?, sha256 = ?,"
	    " uploaded_at = ?, upload_id = NULL, fault = NULL, fault_text = NULL,"
	    " faulty_since = NULL, given_up = FALSE, modified_on = ? WHERE id = ?";
	uint64_t affected;

	DB_TRY(db_execute(db, sql,
	    DB_VALUES(
		db_integer(size), db_text(sha256), db_time(now), db_time(now), db_integer(id)),
	    &affected));
	*kept = affected > 0;
	return DB_OK;
}

enum db_outcome archive_file_local_gone(struct db *db, int64_t id, int64_t now)
{
	static const char sql[] = "UPDATE archive_files SET version = version + 1,"
				  " local_copy = FALSE, modified_on = ? WHERE id = ?";

	return db_execute(db, sql, DB_VALUES(db_time(now), db_integer(id)), NULL);
}

enum db_outcome archive_file_failed(
    struct db *db, int64_t id, const char *fault, const char *text, int64_t now, int64_t *since)
{
	static const char update[] =
	    "UPDATE archive_files SET version = version + 1, fault = ?, fault_text = ?,"
	    " faulty_since = COALESCE(faulty_since, ?), modified_on = ? WHERE id = ?";
	static const char select[] = "SELECT faulty_since FROM archive_files WHERE id = ?";
	struct arena *arena = arena_new();
	struct db_rows rows = {0};
	enum db_outcome outcome;

	outcome = db_execute(db, update,
	    DB_VALUES(db_text(fault), db_text(text), db_time(now), db_time(now), db_integer(id)),
	    NULL);
	if (outcome == DB_OK)
		outcome = db_select(db, arena, select, DB_VALUES(db_integer(id)), &rows);
	*since = rows.count == 0 ? now : db_cell_time(&rows, 0, 0);
	arena_free(arena);
	return outcome;
}

enum db_outcome archive_files_give_up(
    struct db *db, const char *archive_id, bool given_up, int64_t now, uint64_t *count)
{
	static const char give_up[] =
	    "UPDATE archive_files SET version = version + 1, given_up = TRUE, modified_on = ?"
	    " WHERE archive_id = ?";
	static const char try[] =
	    "UPDATE archive_files SET version = version + 1, given_up = FALSE,"
	    " faulty_since = NULL, modified_on = ? WHERE archive_id = ?";

	return db_execute(
	    db, given_up ? give_up : try, DB_VALUES(db_time(now), db_text(archive_id)), count);
}

/* A track's file is named after its participant. */
#define TRACKS_OF                                                                                  \
	" WHERE archive_id = ? AND kind = '" ARCHIVE_FILE_TRACK                                    \
	"' AND LEFT(path, LENGTH(?)) = ? AND object IS "

enum db_outcome archive_files_erase(
    struct db *db, const char *archive_id, const char *prefix, int64_t now, bool *left)
{
	static const char delete[] = "DELETE FROM archive_files" TRACKS_OF "NULL";
	static const char mark[] =
	    "UPDATE archive_files SET version = version + 1,"
	    " kind = '" ARCHIVE_FILE_ERASED "', modified_on = ?" TRACKS_OF "NOT NULL";
	const struct db_value archive = db_text(archive_id), begin = db_text(prefix);
	uint64_t affected;

	DB_TRY(db_execute(db, delete, DB_VALUES(archive, begin, begin), NULL));
	DB_TRY(db_execute(db, mark, DB_VALUES(db_time(now), archive, begin, begin), &affected));
	*left = affected > 0;
	return DB_OK;
}

enum db_outcome archive_file_forget(struct db *db, int64_t id)
{
	static const char sql[] = "DELETE FROM archive_files WHERE id = ?";

	return db_execute(db, sql, DB_VALUES(db_integer(id)), NULL);
}

enum db_outcome archive_files_forget_local(struct db *db, const char *archive_id, bool *left)
{
	static const char delete[] =
	    "DELETE FROM archive_files WHERE archive_id = ? AND object IS NULL";
	static const char select[] = "SELECT id FROM archive_files WHERE archive_id = ?";

	DB_TRY(db_execute(db, delete, DB_VALUES(db_text(archive_id)), NULL));
	return db_exists(db, select, DB_VALUES(db_text(archive_id)), left);
}

static const struct db_column stuck_columns[] = {
    DB_COLUMN(struct stuck_archive, archive_id),
    DB_COLUMN(struct stuck_archive, status),
    DB_COLUMN(struct stuck_archive, host),
    DB_COLUMN(struct stuck_archive, files),
    DB_COLUMN(struct stuck_archive, uploaded),
    DB_COLUMN(struct stuck_archive, fault),
    DB_COLUMN(struct stuck_archive, fault_text),
    DB_TIME_COLUMN(struct stuck_archive, faulty_since),
    DB_COLUMN(struct stuck_archive, given_up),
    DB_COLUMN(struct stuck_archive, last_error),
    DB_TIME_COLUMN(struct stuck_archive, next_try),
};

#define JOB_OF_ARCHIVE                                                                             \
	" FROM jobs j WHERE j.subject = a.archive_id"                                              \
	" AND j.kind IN ('" JOB_ARCHIVE_UPLOAD "', '" JOB_OBJECTS_DELETE "')"

enum db_outcome archives_stuck(struct db *db, struct arena *arena, size_t limit,
    struct stuck_archive **archives, size_t *count)
{
	/* What a job works on, and what has failed. */
	static const char sql[] =
	    "SELECT a.archive_id, MAX(a.status) AS status, MAX(a.host) AS host,"
	    " COUNT(f.id) AS files, COUNT(f.uploaded_at) AS uploaded, MAX(f.fault) AS fault,"
	    " MAX(f.fault_text) AS fault_text, MIN(f.faulty_since) AS faulty_since,"
	    " COALESCE(MAX(f.given_up), 0) AS given_up,"
	    " (SELECT MAX(j.last_error)" JOB_OF_ARCHIVE ") AS last_error,"
	    " (SELECT MIN(j.due)" JOB_OF_ARCHIVE ") AS next_try"
	    " FROM archives a JOIN archive_files f ON f.archive_id = a.archive_id"
	    " WHERE f.faulty_since IS NOT NULL OR a.archive_id IN (SELECT j.subject FROM jobs j"
	    " WHERE j.kind IN ('" JOB_ARCHIVE_UPLOAD "', '" JOB_OBJECTS_DELETE "'))"
	    " GROUP BY a.archive_id ORDER BY faulty_since IS NULL, faulty_since LIMIT ?";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_integer((int64_t)limit)), &rows));
	*count = rows.count;
	*archives = arena_alloc(arena, (rows.count + 1) * sizeof **archives);
	db_rows_read(&rows, stuck_columns, DB_COLUMNS(stuck_columns), *archives, sizeof **archives);
	return DB_OK;
}
