/* The table of meetings. */
#ifndef CONFAB_STORE_MEETINGS_H
#define CONFAB_STORE_MEETINGS_H

#include "meeting/lifecycle.h"
#include "meeting/meeting.h"
#include "meeting/scope.h"
#include "store/db.h"

/* The columns that meeting_read() reads, of `meetings m`, for statements that join other tables. */
#define MEETING_COLUMNS                                                                             \
	" m.id, m.version, m.meeting_link, m.session_id, m.provider, m.is_scheduled,"               \
	" m.schedule_time, m.is_archived, m.end_to_end_encryption, m.archive_id,"                   \
	" m.recording_id, m.upload_target, m.start_time, m.end_time, m.ended_by_request, m.ext_id," \
	" m.ext_metadata, m.deleted, m.deleted_on, m.deleted_by, m.created_on,"                     \
	" m.modified_on, m.created_by, m.modified_by, m.token_until, m.tenant, m.server"

/* Is `meetings m` in a scope? For WHERE, with SCOPE_VALUES() in its place among the values. */
#define MEETING_IN_SCOPE    "(? IS NULL OR m.tenant IS NULL OR m.tenant = ?)"
#define SCOPE_VALUES(scope) db_text((scope).tenant), db_text((scope).tenant)

/* meeting_is_recording() for statements that join other tables. */
#define MEETING_IS_RECORDING "(m.recording_id IS NOT NULL AND m.end_time IS NULL)"

/* Reads MEETING_COLUMNS from a row. */
void meeting_read(const struct db_rows *rows, size_t row, struct meeting *meeting);

/* All functions below run inside a transaction (db_run() or db_run_plain()). */

/* Adds the meeting; what it is to record (archive_id) is being recorded from the first media on.
 * `*taken` when its link or session is there already: by this very request in an earlier try (then
 * the row's session_id is the meeting's, see meeting_find()), or by chance. */
enum db_outcome meeting_insert(struct db *db, const struct meeting *meeting, bool *taken);

/* The meeting with this link, deleted ones too; `*found` says whether there is one in the scope. */
enum db_outcome meeting_find(
    struct db *db, struct arena *arena, struct target target, struct meeting *meeting, bool *found);

/* The same, locked until the end of the transaction. */
enum db_outcome meeting_find_locked(
    struct db *db, struct arena *arena, struct target target, struct meeting *meeting, bool *found);

/* The meeting of this session id, whoever's it is: for session ids that come from a row or from the
 * provider, never from a caller. */
enum db_outcome meeting_find_session(struct db *db, struct arena *arena, const char *session_id,
    struct meeting *meeting, bool *found);

/* Writes the fields that PATCH may change, for this request. */
enum db_outcome meeting_update(
    struct db *db, const struct meeting *meeting, const char *request_id);

/* Has this request written them, in an earlier try? */
enum db_outcome meeting_updated(struct db *db, int64_t id, const char *request_id, bool *updated);

/* Sets end_time and ended_by_request unless it has ended, which also ends its recording; `*ended`
 * when this very request has ended it, now or in an earlier try. */
enum db_outcome meeting_end(
    struct db *db, int64_t id, int64_t now, const char *actor, const char *request_id, bool *ended);

/* Sets start_time if it is not set yet, and raises token_until, unless the meeting has ended or is
 * deleted: `*going_on` says so. */
enum db_outcome meeting_start(
    struct db *db, int64_t id, int64_t token_until, int64_t now, bool *going_on);

/* Has the meeting recorded into this archive, unless it is recorded already or has ended;
 * `*claimed` when it is, by this call or an earlier try (the archive's id tells). */
enum db_outcome meeting_recording_claim(
    struct db *db, int64_t id, const char *archive_id, int64_t now, bool *claimed);

/* The meeting of this session is recorded into this archive no more; `*dropped` says whether it
 * was. */
enum db_outcome meeting_recording_drop(
    struct db *db, const char *session_id, const char *archive_id, int64_t now, bool *dropped);

/* Undoes the above, unless the meeting has ended or is recorded into another archive since, or this
 * one has been stopped. */
enum db_outcome meeting_recording_restore(
    struct db *db, const char *session_id, const char *archive_id, int64_t now);

/* Raises the version of the meeting with this session id: the lock under which its attendance and
 * archives are changed (an UPDATE, so that it holds in a Galera cluster too). `*found` says whether
 * there is one that is not deleted. */
enum db_outcome meeting_touch(struct db *db, const char *session_id, bool *found);

/* Puts the meeting on this media server, unless it is on one already: `*placed` says so. */
enum db_outcome meeting_place(struct db *db, int64_t id, const char *server, bool *placed);

/* Which running meetings to read. */
struct running_query {
	const char *server; /* the media server that they are on */
	int64_t after;      /* those with an id above this */
	size_t limit;
};

/* The meetings that have not ended and to which somebody may hold a join token that is good at
 * `now`, by their ids. */
enum db_outcome meetings_running(struct db *db, struct arena *arena,
    const struct running_query *query, int64_t now, struct meeting **meetings, size_t *count);

/* A place in lists of meetings, which are in the order of starts_on and id, the greatest first. It
 * does not move when other meetings come and go. */
struct meeting_place {
	int64_t starts_on; /* scheduleTime, else when it was made */
	int64_t id;
};

/* Which meetings to list. */
struct meetings_query {
	enum meeting_status status; /* 0: any */
	int64_t from;               /* those that start at this time or later */
	struct meeting_place after; /* those behind this place */
	size_t limit;
};

/* One page of a list. */
struct meetings_page {
	struct meeting *meetings;
	size_t count;
	bool more;                 /* the list goes on behind `last` */
	struct meeting_place last; /* of the last meeting on the page, if there is one */
};

/* The meetings in the scope that are not deleted, the latest first. What it costs depends on the
 * page's size, not on the table's. */
enum db_outcome meetings_find(struct db *db, struct arena *arena, struct scope scope,
    const struct meetings_query *query, struct meetings_page *page);

/* Up to `limit` meetings of no tenant that `creator` has made, deleted ones too: those with an id
 * above `after`, by their ids. */
enum db_outcome meetings_unassigned(struct db *db, struct arena *arena, const char *creator,
    int64_t after, size_t limit, int64_t **ids, size_t *count);

/* Gives those of them with an id from `first` to `last` to a tenant. */
enum db_outcome meetings_assign(
    struct db *db, const char *creator, int64_t first, int64_t last, const char *tenant);

#endif
