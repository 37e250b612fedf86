/* The table of archives: one row per recording. */
#ifndef CONFAB_STORE_ARCHIVES_H
#define CONFAB_STORE_ARCHIVES_H

#include "meeting/archive.h"
#include "meeting/scope.h"
#include "store/db.h"

/* Says that media flows in this meeting since `at`. If the meeting records, its archive started
 * then. Late and repeated calls only move the start to the earliest time; `*begun` is false then.
 */
enum db_outcome archive_begin(
    struct db *db, const char *session_id, const char *host, int64_t at, int64_t now, bool *begun);

/* Adds an archive whose recording began at its created_at. An archive with this id stays as it is:
 * an earlier try added it. */
enum db_outcome archive_insert(struct db *db, const struct archive *archive, int64_t now);

/* Removes the row of an archive when its recording could not start. */
enum db_outcome archive_remove(struct db *db, const char *archive_id);

/* How a recording ended. */
struct archive_end {
	int64_t size;       /* bytes */
	const char *reason; /* what is wrong with the recording; NULL: nothing */
	bool failed;        /* nothing was recorded */
};

/* Sets an archive to stopped, or failed; its recording stopped at `at`. `*stopped` is true when it
 * was recording before, or when an earlier try of this request has stopped it. */
enum db_outcome archive_stop(struct db *db, const char *archive_id, const struct archive_end *end,
    int64_t at, int64_t now, const char *request_id, bool *stopped);

/* Finds the archives of a session that are being recorded. */
enum db_outcome archives_running(struct db *db, struct arena *arena, const char *session_id,
    const char ***archive_ids, size_t *count);

/* Stops what the meeting records, at `at`: the meeting ended. */
enum db_outcome archives_stop(struct db *db, const char *session_id, int64_t at, int64_t now);

/* Finds archives of the meetings in the scope, newest first, and how many there are. Deleted
 * archives are left out, unless `status` is "deleted". An archive whose meeting's row was removed
 * is found only with SCOPE_ALL. */
enum db_outcome archives_find(struct db *db, struct arena *arena, struct scope scope,
    const struct archive_query *query, struct archive_page *page);

/* Finds one archive that is not deleted. */
enum db_outcome archive_find(
    struct db *db, struct arena *arena, struct target target, struct archive *archive, bool *found);

/* Marks an archive as deleted, unless it is recording. `*deleted` is true when it was not deleted
 * before, or when an earlier try of this request has done it. */
enum db_outcome archive_mark_deleted(
    struct db *db, int64_t id, int64_t now, const char *request_id, bool *deleted);

/* Is there a row of this archive, deleted or not? */
enum db_outcome archive_known(struct db *db, const char *archive_id, bool *known);

/* Finds one archive, deleted or not. */
enum db_outcome archive_find_any(struct db *db, struct arena *arena, const char *archive_id,
    struct archive *archive, bool *found);

/* Sets an available archive to uploaded, if all its files are. */
enum db_outcome archive_uploaded_set(
    struct db *db, const char *archive_id, int64_t now, bool *changed);

/* Finds up to `limit` archives that began before `before`, and whose files can be deleted. */
enum db_outcome archives_old(struct db *db, struct arena *arena, int64_t before, size_t limit,
    struct archive **archives, size_t *count);

/* Sets such an archive to expired. */
enum db_outcome archive_expire(struct db *db, int64_t id, int64_t now, bool *expired);

/* Gives the host that has the archive's files, also of a deleted archive. NULL: the host is not
 * known. */
enum db_outcome archive_host_find(
    struct db *db, struct arena *arena, const char *archive_id, const char **host);

/* Stores the size of an archive that has stopped, and what is wrong with it. `*changed` is false
 * when the row says so already, when the archive has another status now, or when its processing
 * has failed. */
enum db_outcome archive_end_set(
    struct db *db, int64_t id, const struct archive_end *end, int64_t now, bool *changed);

/* Keeps how many bytes the archive's files have now, unless it is processing or has a result. */
enum db_outcome archive_size_set(struct db *db, const char *archive_id, int64_t size);

#endif
