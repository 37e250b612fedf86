/* How each kind of job is put into the table. */
#include "store/job_kinds.h"

#include <string.h>

enum db_outcome job_put_room_end(struct db *db, const char *session_id, int64_t due, int64_t now)
{
	return job_put(db, JOB_ROOM_END, session_id, NULL, due, now);
}

enum db_outcome job_put_recording_sizes(
    struct db *db, const char *session_id, const char *host, int64_t due, int64_t now)
{
	return job_put(db, JOB_RECORDING_SIZES, session_id, host, due, now);
}

enum db_outcome job_put_recording_delete(
    struct db *db, const char *archive_id, const char *host, int64_t due, int64_t now)
{
	return job_put(db, JOB_RECORDING_DELETE, archive_id, host, due, now);
}

enum db_outcome job_put_tracks_delete(struct db *db, struct arena *arena, const char *archive_id,
    const char *prefix, const char *host, int64_t now)
{
	const char *subject = arena_printf(arena, "%s/%s", archive_id, prefix);

	if (strlen(subject) > JOB_SUBJECT_MAX)
		return DB_OK;
	return job_put(db, JOB_TRACKS_DELETE, subject, host, now, now);
}

enum db_outcome job_put_reconcile(struct db *db, int64_t due, int64_t now)
{
	return job_put(db, JOB_RECONCILE, "", NULL, due, now);
}

enum db_outcome job_put_rooms(struct db *db, int64_t due, int64_t now)
{
	return job_put(db, JOB_ROOMS, "", NULL, due, now);
}
