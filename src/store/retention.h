/* Deleting meetings that are old enough, with all that belongs to them. */
#ifndef CONFAB_STORE_RETENTION_H
#define CONFAB_STORE_RETENTION_H

#include "store/db.h"

/* A meeting that nobody needs since then (meetings.idle_since). Text lies in an arena. */
struct idle_meeting {
	int64_t id;
	const char *session_id;
	int64_t idle_since;
};

/* Up to `limit` meetings that are idle since before `before`, deleted ones too, the oldest first:
 * those behind `after`, which is zero for the first page. */
enum db_outcome meetings_idle(struct db *db, struct arena *arena, int64_t before,
    const struct idle_meeting *after, size_t limit, struct idle_meeting **meetings, size_t *count);

/* How a meeting is retired. */
struct retirement {
	bool retired; /* false: it is gone, or somebody needs it (again) */
	bool started; /* it had not ended, and may have a room at the provider */
};

/* Ends and deletes the meeting for its users, as of idle_since, so that nobody comes into it while
 * its rows are deleted. Not when it is idle no more or somebody is still in it. Runs inside
 * db_run(). */
enum db_outcome meeting_retire(struct db *db, struct arena *arena,
    const struct idle_meeting *meeting, int64_t now, struct retirement *retirement);

/* Deletes rows that belong to the session, other than its archives and its meeting, until
 * `*budget`, which is lowered by their number, is 0: then there may be more. */
enum db_outcome meeting_rows_delete(struct db *db, const char *session_id, size_t *budget);

/* An archive of a retired meeting. */
struct retired_archive {
	const char *archive_id;
	const char *host; /* that keeps its files; NULL: not known */
};

/* Marks all archives of the session as deleted, and lists them. */
enum db_outcome archives_retire(struct db *db, struct arena *arena, const char *session_id,
    int64_t now, struct retired_archive **archives, size_t *count);

/* Deletes the meeting's own row. Its archives' rows stay until archive_forget(). */
enum db_outcome meeting_delete(struct db *db, int64_t id);

/* Deletes the row of an archive that is deleted, and whose meeting is gone. */
enum db_outcome archive_forget(struct db *db, const char *archive_id);

#endif
