/* The table of meetings. */
#ifndef CONFAB_STORE_MEETINGS_H
#define CONFAB_STORE_MEETINGS_H

#include "meeting/listing.h"
#include "meeting/meeting.h"
#include "meeting/scope.h"
#include "store/db.h"

/* The columns of `meetings m` that meeting_read() reads. For statements that join other tables. */
#define MEETING_COLUMNS                                                                             \
	" m.id, m.version, m.meeting_link, m.session_id, m.provider, m.is_scheduled,"               \
	" m.schedule_time, m.is_archived, m.end_to_end_encryption, m.archive_id,"                   \
	" m.recording_id, m.upload_target, m.start_time, m.end_time, m.ended_by_request, m.ext_id," \
	" m.ext_metadata, m.deleted, m.deleted_on, m.deleted_by, m.created_on,"                     \
	" m.modified_on, m.created_by, m.modified_by, m.token_until, m.tenant, m.server,"           \
	" m.access"

/* Is `meetings m` in a scope? For WHERE; SCOPE_VALUES() are its values. */
#define MEETING_IN_SCOPE    "(? IS NULL OR m.tenant IS NULL OR m.tenant = ?)"
#define SCOPE_VALUES(scope) db_text((scope).tenant), db_text((scope).tenant)

/* The same as meeting_is_recording(), for statements that join other tables. */
#define MEETING_IS_RECORDING "(m.recording_id IS NOT NULL AND m.end_time IS NULL)"

/* Reads MEETING_COLUMNS from a row. */
void meeting_read(const struct db_rows *rows, size_t row, struct meeting *meeting);

/* All functions below run inside a transaction: db_run(), db_run_plain(), or the macros of db.h. */

/* Adds the meeting. If it has an archive_id, recording begins with the first media. `*taken` when
 * its link or session exists already: this request added it in an earlier try (then the row's
 * session_id is the meeting's, see meeting_find()), or the link is equal by chance. */
enum db_outcome meeting_insert(struct db *db, const struct meeting *meeting, bool *taken);

/* Finds the meeting with this link, also a deleted one. `*found` says whether there is one in the
 * scope. */
enum db_outcome meeting_find(
    struct db *db, struct arena *arena, struct target target, struct meeting *meeting, bool *found);

/* The same; the row is locked until the end of the transaction. */
enum db_outcome meeting_find_locked(
    struct db *db, struct arena *arena, struct target target, struct meeting *meeting, bool *found);

/* Finds the meeting with this session id, of any tenant. For session ids from a row or from the
 * provider, never from a caller. */
enum db_outcome meeting_find_session(struct db *db, struct arena *arena, const char *session_id,
    struct meeting *meeting, bool *found);

/* Writes the fields that PATCH may change, for this request. */
enum db_outcome meeting_update(
    struct db *db, const struct meeting *meeting, const char *request_id);

/* Has an earlier try of this request written them? */
enum db_outcome meeting_updated(struct db *db, int64_t id, const char *request_id, bool *updated);

/* Sets end_time and ended_by_request, unless the meeting has ended; this also ends its recording.
 * `*ended` is true when this request has ended it, now or in an earlier try. */
enum db_outcome meeting_end(
    struct db *db, int64_t id, int64_t now, const char *actor, const char *request_id, bool *ended);

/* Sets start_time at the first call, and raises token_until. `*going_on` is false, and nothing
 * changes, when the meeting has ended or is deleted. */
enum db_outcome meeting_start(
    struct db *db, int64_t id, int64_t token_until, int64_t now, bool *going_on);

/* Makes this archive the one that the meeting records, unless the meeting records already or has
 * ended. `*claimed` is true when it is this archive, by this call or an earlier try. */
enum db_outcome meeting_recording_claim(
    struct db *db, int64_t id, const char *archive_id, int64_t now, bool *claimed);

/* Ends that: the meeting does not record into this archive any more. `*dropped` is false when it
 * did not before. */
enum db_outcome meeting_recording_drop(
    struct db *db, const char *session_id, const char *archive_id, int64_t now, bool *dropped);

/* Gives a meeting that records into `archive_id` from its first media on the archive `next`: its
 * recording begins with the next media. `*renewed` is false, and nothing changes, if its recording
 * was started by hand, or if it does not record into `archive_id`. */
enum db_outcome meeting_recording_renew(struct db *db, const char *session_id,
    const char *archive_id, const char *next, int64_t now, bool *renewed);

/* Undoes meeting_recording_drop(), unless the meeting has ended, records into another archive, or
 * this archive was stopped. */
enum db_outcome meeting_recording_restore(
    struct db *db, const char *session_id, const char *archive_id, int64_t now);

/* Raises the version of the meeting with this session id. This is the lock for changes of its
 * attendance and archives (an UPDATE, so that it also works in a Galera cluster). `*found` is false
 * when there is no such meeting or it is deleted. */
enum db_outcome meeting_touch(struct db *db, const char *session_id, bool *found);

/* Puts the meeting on this media server, unless it is on one already: `*placed` says so. */
enum db_outcome meeting_place(struct db *db, int64_t id, const char *server, bool *placed);

/* Which running meetings to read. */
struct running_query {
	const char *server; /* the media server that they are on */
	int64_t after;      /* those with an id above this */
	size_t limit;
};

/* Finds a page of running meetings, by their ids: they have not ended, and somebody may have a join
 * token that is good at `now`. */
enum db_outcome meetings_running(struct db *db, struct arena *arena,
    const struct running_query *query, int64_t now, struct meeting **meetings, size_t *count);

/* Finds the meetings in the scope that are not deleted, the latest first. The cost depends on the
 * size of the page, not of the table. */
enum db_outcome meetings_find(struct db *db, struct arena *arena, struct scope scope,
    const struct meetings_query *query, struct meetings_page *page);

/* Finds at most `limit` meetings without a tenant that `creator` has created, also deleted ones:
 * those with ids above `after`, in the order of their ids. */
enum db_outcome meetings_unassigned(struct db *db, struct arena *arena, const char *creator,
    int64_t after, size_t limit, int64_t **ids, size_t *count);

/* Gives those of them with ids from `first` to `last` to a tenant. */
enum db_outcome meetings_assign(
    struct db *db, const char *creator, int64_t first, int64_t last, const char *tenant);

#endif
