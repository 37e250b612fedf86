/* The table of archives: one row per recording. */
#ifndef CONFAB_STORE_ARCHIVES_H
#define CONFAB_STORE_ARCHIVES_H

#include "meeting/scope.h"
#include "store/db.h"

struct archive {
	int64_t id;
	const char *archive_id;
	const char *session_id;
	const char *meeting_link; /* of the meeting it belongs to; NULL if that is gone */
	const char *name;
	const char *status;
	const char *host;
	int64_t created_at, stopped_at;
	int64_t duration; /* seconds */
	int64_t size;     /* bytes */
	const char *reason;
};

/* Media flows in this meeting since `at`: if it is to be recorded, its archive has started (then).
 * Repeated and late calls change nothing but move the start to the earliest time; `*begun` is false
 * then. */
enum db_outcome archive_begin(
    struct db *db, const char *session_id, const char *host, int64_t at, int64_t now, bool *begun);

/* Adds an archive that is being recorded since its created_at. One with this id is left as it is:
 * it is from an earlier try. */
enum db_outcome archive_insert(struct db *db, const struct archive *archive, int64_t now);

/* Removes the row of an archive that could not be begun. */
enum db_outcome archive_remove(struct db *db, const char *archive_id);

/* How a recording has ended. */
struct archive_end {
	int64_t size;       /* bytes */
	const char *reason; /* what is wrong with it; NULL: nothing */
	bool failed;        /* there is nothing in it */
};

/* The archive has stopped, or failed, now. `*stopped` when it was recording until now, or an
 * earlier try of this request has stopped it. */
enum db_outcome archive_stop(struct db *db, const char *archive_id, const struct archive_end *end,
    int64_t now, const char *request_id, bool *stopped);

/* The archives of a session that are being recorded. */
enum db_outcome archives_running(struct db *db, struct arena *arena, const char *session_id,
    const char ***archive_ids, size_t *count);

/* The meeting is over: what is recording has stopped at `at`. */
enum db_outcome archives_stop(struct db *db, const char *session_id, int64_t at, int64_t now);

struct archive_query {
	const char *session_id, *meeting_link, *status; /* NULL: any */
	int64_t limit, offset;
};

/* Archives of the scope's meetings that are not deleted (or, with status "deleted", those that
 * are), newest first, and how many match. An archive whose meeting is gone is in SCOPE_ALL alone.
 */
struct archive_page {
	struct archive *archives;
	size_t count;
	int64_t total;
};
enum db_outcome archives_find(struct db *db, struct arena *arena, struct scope scope,
    const struct archive_query *query, struct archive_page *page);

/* One that is not deleted. */
enum db_outcome archive_find(
    struct db *db, struct arena *arena, struct target target, struct archive *archive, bool *found);

/* Marks it as deleted unless it is recording; `*deleted` when it was not deleted before, or an
 * earlier try of this request has done it. */
enum db_outcome archive_mark_deleted(
    struct db *db, int64_t id, int64_t now, const char *request_id, bool *deleted);

/* Is there a row of it, be it deleted? */
enum db_outcome archive_known(struct db *db, const char *archive_id, bool *known);

/* Which host keeps its files, also when it is deleted; NULL: it is not known. */
enum db_outcome archive_host_find(
    struct db *db, struct arena *arena, const char *archive_id, const char **host);

/* Keeps how many bytes an archive that has stopped has, and what is wrong with it. `*changed` is
 * false when that was known, or it has gone on its way since. */
enum db_outcome archive_end_set(
    struct db *db, int64_t id, const struct archive_end *end, int64_t now, bool *changed);

#endif
