/* How each kind of job is put into the table. */
#include "store/job_kinds.h"

#include <stdio.h>

enum {
	SUBJECT_MAX = 255, /* bytes, as the ids' columns */
};

/* The key alone says what the job is about: ids of any provider fit into it without escaping. */
static enum db_outcome subject_put(struct db *db, const char *kind, const char *subject,
    const char *host, int64_t due, int64_t now)
{
	char dedup[SUBJECT_MAX + 1];

	snprintf(dedup, sizeof dedup, "%s:%s", kind, subject);
	return job_put(db, kind, dedup, host, due, now);
}

enum db_outcome job_put_room_end(struct db *db, const char *session_id, int64_t due, int64_t now)
{
	return subject_put(db, JOB_ROOM_END, session_id, NULL, due, now);
}

enum db_outcome job_put_recording_delete(
    struct db *db, const char *archive_id, const char *host, int64_t due, int64_t now)
{
	return subject_put(db, JOB_RECORDING_DELETE, archive_id, host, due, now);
}

enum db_outcome job_put_reconcile(struct db *db, int64_t due, int64_t now)
{
	return job_put(db, JOB_RECONCILE, JOB_RECONCILE, NULL, due, now);
}

enum db_outcome job_put_rooms(struct db *db, int64_t due, int64_t now)
{
	return job_put(db, JOB_ROOMS, JOB_ROOMS, NULL, due, now);
}
