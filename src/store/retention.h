/* Deletes old meetings, with all their rows. */
#ifndef CONFAB_STORE_RETENTION_H
#define CONFAB_STORE_RETENTION_H

#include "store/db.h"

/* A meeting that is idle since a time (meetings.idle_since). Text lies in an arena. */
struct idle_meeting {
	int64_t id;
	const char *session_id;
	int64_t idle_since;
};

/* Finds up to `limit` meetings that are idle since before `before`, the oldest first; also deleted
 * ones. They follow `after`, which is zero for the first page. */
enum db_outcome meetings_idle(struct db *db, struct arena *arena, int64_t before,
    const struct idle_meeting *after, size_t limit, struct idle_meeting **meetings, size_t *count);

/* The result of meeting_retire(). */
struct retirement {
	bool retired; /* false: it no longer exists, or is not idle */
	bool started; /* it had started and not ended: it may have a room at the provider */
};

/* Ends the meeting at idle_since and marks it as deleted, so that nobody joins it while its rows
 * are deleted. Changes nothing if the meeting is not idle any more or somebody is in it. Runs
 * inside db_run(). */
enum db_outcome meeting_retire(struct db *db, struct arena *arena,
    const struct idle_meeting *meeting, int64_t now, struct retirement *retirement);

/* Deletes rows of the session, except its archives and its meeting, at most `*budget`. Lowers
 * `*budget` by their number. If it is 0 then, there may be more rows. */
enum db_outcome meeting_rows_delete(struct db *db, const char *session_id, size_t *budget);

/* An archive of a retired meeting. */
struct retired_archive {
	const char *archive_id;
	const char *host; /* the host with its files; NULL: not known */
};

/* Marks all archives of the session as deleted, and lists them. */
enum db_outcome archives_retire(struct db *db, struct arena *arena, const char *session_id,
    int64_t now, struct retired_archive **archives, size_t *count);

/* Deletes the meeting's own row. Its archives' rows stay until archive_forget(). */
enum db_outcome meeting_delete(struct db *db, int64_t id);

/* Deletes the row of a deleted archive whose meeting has no row any more, and none of whose files
 * is left in the storage. */
enum db_outcome archive_forget(struct db *db, const char *archive_id);

#endif
