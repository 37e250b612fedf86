/* The tables of connections, their ends, and attendees: facts in, rows that follow from them out.
 */
#ifndef CONFAB_STORE_ATTENDANCE_H
#define CONFAB_STORE_ATTENDANCE_H

#include "meeting/attendance_change.h"
#include "meeting/attendee.h"
#include "meeting/event.h"
#include "meeting/scope.h"
#include "store/db.h"

/* Keeps the events (openings and ends, all of this meeting) and brings the attendees that they
 * concern up to date. Runs inside db_run(), whose meetings row it locks. `*known` is false, and
 * nothing is written, when there is no meeting with this session id. `*changes` is what came of it:
 * nothing for facts that are known. */
enum db_outcome attendance_apply(struct db *db, struct arena *arena, const char *session_id,
    const struct event *events, size_t count, int64_t now, struct attendance_changes *changes,
    bool *known);

/* Keeps an end of everything everywhere (END_ALL). The attendees follow with attendance_settle()
 * for each session of attendance_covered_sessions(). */
enum db_outcome attendance_end_all(struct db *db, const struct ending *ending, int64_t now);

/* The sessions that have connections which this end of everything may cover and which are not known
 * to have ended before; in order, those after `after` ("" for the first page). */
enum db_outcome attendance_covered_sessions(struct db *db, struct arena *arena,
    const struct ending *ending, const char *after, size_t limit, const char ***session_ids,
    size_t *count);

/* Brings everybody in this session whom an end of everything at `at` concerns up to date; locks and
 * gives `*changes` as above. */
enum db_outcome attendance_settle(struct db *db, struct arena *arena, const char *session_id,
    int64_t at, int64_t now, struct attendance_changes *changes);

/* The open connections of a session, or of all sessions when NULL. */
struct open_connection {
	const char *session_id;
	const char *connection_id;
	const char *device;
	const char *participant; /* "" for those who only watch */
	const char *attendee;
	int64_t joined_at;
	int64_t received_at; /* when the service got to know of it */
};
enum db_outcome attendance_open(struct db *db, struct arena *arena, const char *session_id,
    struct open_connection **connections, size_t *count);

/* The same of one person in a session. */
enum db_outcome attendance_open_of(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, struct open_connection **connections, size_t *count);

/* Does anybody know this person in this session: were they given a role, or seen in it? */
enum db_outcome attendee_known(
    struct db *db, struct arena *arena, const char *session_id, const char *attendee, bool *known);

/* Ends a person's open connections at `now`, since they are put out, and lists the devices that
 * have to go (of earlier times too). Runs inside db_run(); `*changes` as above. */
enum db_outcome attendance_remove(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, int64_t now, const char ***devices, size_t *device_count,
    struct attendance_changes *changes);

/* The devices that were in a session until the service ended it, or still are: who has to be put
 * out. */
enum db_outcome attendance_devices(struct db *db, struct arena *arena, const char *session_id,
    const char ***devices, size_t *count);

/* How far the provider's clock is ahead (microseconds; below 0: it is behind, or its events are
 * late), by the promptest of the newest openings of the hour before `now`. `*known`: there were
 * some. */
enum db_outcome attendance_clock(struct db *db, int64_t now, int64_t *ahead, bool *known);

/* The attendees of a meeting by its link, oldest first. */
enum db_outcome attendees_find(struct db *db, struct arena *arena, struct target target,
    const struct attendee_query *query, struct attendee_list *list);

/* Everybody's connections in a meeting, merged. */
enum db_outcome attendance_find(
    struct db *db, struct arena *arena, struct target target, struct attended *attended);

#endif
