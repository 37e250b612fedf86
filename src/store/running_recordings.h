/* The archives that are being recorded: which ones must stop, and which ones have nothing in them.
 * Archives of meetings that were deleted are left out. */
#ifndef CONFAB_STORE_RUNNING_RECORDINGS_H
#define CONFAB_STORE_RUNNING_RECORDINGS_H

#include "store/db.h"

/* Times are microseconds. Text lies in an arena. */
struct running_recording {
	const char *archive_id;
	const char *session_id;
	const char *server; /* the meeting's media server; NULL: it has none yet */
	const char *reason; /* what is wrong with it, as the moderators were told; NULL: nothing */
	int64_t silent_since; /* media comes and is not written; TIME_NONE: see sql/0015 */
	int64_t silent_bytes;
};

/* Finds the recordings of meetings on this media server in which nobody has been able to send since
 * `before`, at most 100. */
enum db_outcome recordings_idle(struct db *db, struct arena *arena, const char *server,
    int64_t before, struct running_recording **recordings, size_t *count);

/* Since when has nobody been able to send in this recording's meeting? It is not before the
 * recording's start. TIME_NONE: since a time after `before`, or there is somebody, or the archive
 * is not being recorded. */
enum db_outcome recording_empty_since(
    struct db *db, const char *archive_id, int64_t before, int64_t *since);

/* Finds the recordings whose files are on this host; `unwritten`: only those without a byte. */
enum db_outcome recordings_running_on(struct db *db, struct arena *arena, const char *host,
    bool unwritten, struct running_recording **recordings, size_t *count);

/* The first bytes of a recording were written. `*changed` is false if this was known. */
enum db_outcome recording_written(
    struct db *db, const char *archive_id, int64_t size, int64_t now, bool *changed);

/* Keeps `silent_since` and `silent_bytes`. */
enum db_outcome recording_silence_keep(
    struct db *db, const char *archive_id, int64_t since, int64_t bytes);

/* Keeps what is wrong with a running recording in which nothing is written. `*changed` is false if
 * that was known, or if the recording has stopped. */
enum db_outcome recording_silence_tell(
    struct db *db, const char *archive_id, const char *reason, int64_t now, bool *changed);

/* Finds the ids of the open connections in a session that can send. */
enum db_outcome connections_sending(struct db *db, struct arena *arena, const char *session_id,
    const char ***connection_ids, size_t *count);

#endif
