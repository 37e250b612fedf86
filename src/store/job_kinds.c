/* Puts jobs of each kind into the table. */
#include "store/job_kinds.h"

#include <string.h>

#include "meeting/job.h"
#include "store/media_servers.h"

enum db_outcome job_put_room_end(struct db *db, const char *session_id, int64_t due, int64_t now)
{
	return job_put(db, JOB_ROOM_END, session_id, NULL, due, now);
}

enum db_outcome job_put_recording_sizes(
    struct db *db, const char *session_id, const char *host, int64_t due, int64_t now)
{
	return job_put(db, JOB_RECORDING_SIZES, session_id, host, due, now);
}

enum db_outcome job_seed_recordings(struct db *db, const char *host, int64_t now)
{
	return job_seed(db, JOB_RECORDINGS, host, host, now, now);
}

enum db_outcome job_put_recording_delete(
    struct db *db, const char *archive_id, const char *host, int64_t due, int64_t now)
{
	return job_put(db, JOB_RECORDING_DELETE, archive_id, host, due, now);
}

enum db_outcome job_put_archive_upload(
    struct db *db, const char *archive_id, const char *host, int64_t now)
{
	return job_put(db, JOB_ARCHIVE_UPLOAD, archive_id, host, now, now);
}

enum db_outcome job_put_archive_tracks(
    struct db *db, const char *archive_id, const char *host, int64_t now)
{
	return job_put(db, JOB_ARCHIVE_TRACKS, archive_id, host, now, now);
}

enum db_outcome job_put_archive_compose(
    struct db *db, const char *archive_id, const char *host, int64_t now)
{
	return job_put(db, JOB_ARCHIVE_COMPOSE, archive_id, host, now, now);
}

enum db_outcome jobs_process_due(struct db *db, const char *host, int64_t now, bool *waiting)
{
	static const char sql[] =
	    "SELECT id FROM jobs WHERE lane IN ('" LANE_MEDIA "', '" LANE_COMPOSE "')"
	    " AND kind IN ('" JOB_ARCHIVE_TRACKS "', '" JOB_ARCHIVE_COMPOSE "')"
	    " AND due <= ? AND (host IS NULL OR host = ?)"
	    " AND (leased_until IS NULL OR leased_until < ?) LIMIT 1";

	return db_exists(db, sql, DB_VALUES(db_time(now), db_text(host), db_time(now)), waiting);
}

enum db_outcome jobs_seed_archive_live(struct db *db, const char *host, int64_t due, int64_t now)
{
	static const char sql[] =
	    "INSERT IGNORE INTO jobs (lane, kind, subject, dedup, host, due, created_on)"
	    " SELECT '" LANE_COMPOSE "', '" JOB_ARCHIVE_LIVE "', a.archive_id,"
	    " CONCAT('" JOB_ARCHIVE_LIVE ":', a.archive_id), ?, ?, ? FROM archives a"
	    " WHERE a.status = 'started' AND (a.host = ? OR a.host IS NULL)"
	    " AND NOT EXISTS (SELECT 1 FROM jobs j"
	    " WHERE j.dedup = CONCAT('" JOB_ARCHIVE_LIVE ":', a.archive_id))";

	return db_execute(
	    db, sql, DB_VALUES(db_text(host), db_time(due), db_time(now), db_text(host)), NULL);
}

enum db_outcome job_put_tracks_expire(
    struct db *db, const char *archive_id, const char *host, int64_t due, int64_t now)
{
	return job_put(db, JOB_TRACKS_EXPIRE, archive_id, host, due, now);
}

enum db_outcome job_put_objects_delete(struct db *db, const char *archive_id, int64_t now)
{
	return job_put(db, JOB_OBJECTS_DELETE, archive_id, NULL, now, now);
}

enum db_outcome job_put_tracks_delete(struct db *db, struct arena *arena, const char *archive_id,
    const char *prefix, const char *host, int64_t now)
{
	const char *subject = arena_printf(arena, "%s/%s", archive_id, prefix);

	if (strlen(subject) > JOB_SUBJECT_MAX)
		return DB_OK;
	return job_put(db, JOB_TRACKS_DELETE, subject, host, now, now);
}

static enum db_outcome server_put(
    struct db *db, const char *kind, const char *server, int64_t due, int64_t now)
{
	struct media_server_row row = {0};
	struct arena *arena;
	enum db_outcome outcome;
	bool found;

	if (server != NULL)
		return job_put(db, kind, server, NULL, due, now);
	arena = arena_new();
	outcome = media_server_find(db, arena, NULL, &row, &found);
	if (outcome == DB_OK && found)
		outcome = job_put(db, kind, row.server.name, NULL, due, now);
	arena_free(arena);
	return outcome;
}

enum db_outcome job_put_reconcile(struct db *db, const char *server, int64_t due, int64_t now)
{
	return server_put(db, JOB_RECONCILE, server, due, now);
}

enum db_outcome job_put_rooms(struct db *db, const char *server, int64_t due, int64_t now)
{
	return server_put(db, JOB_ROOMS, server, due, now);
}

enum db_outcome job_put_events(struct db *db, const char *server, int64_t due, int64_t now)
{
	return job_put(db, JOB_EVENTS, server, NULL, due, now);
}

enum db_outcome job_seed_reconcile(struct db *db, const char *server, int64_t now)
{
	static const char earlier[] =
	    "DELETE FROM jobs WHERE kind = '" JOB_RECONCILE "' AND dedup = '" JOB_RECONCILE "'";

	DB_TRY(db_execute(db, earlier, DB_NO_VALUES, NULL));
	return job_seed(db, JOB_RECONCILE, server, NULL, now, now);
}
