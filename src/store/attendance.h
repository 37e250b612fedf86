/* Attendance in the database: keeps facts, and updates the rows of attendees from them. */
#ifndef CONFAB_STORE_ATTENDANCE_H
#define CONFAB_STORE_ATTENDANCE_H

#include "meeting/attendance_change.h"
#include "meeting/attendee.h"
#include "meeting/event.h"
#include "meeting/scope.h"
#include "store/attendees.h"
#include "store/connections.h"
#include "store/db.h"

/* Keeps these openings and ends of one meeting, and updates their attendees. Runs inside db_run(),
 * and locks the meeting's row. `*known` is false, and nothing is written, if no meeting has this
 * session id. `*changes` gets the changes of the attendance; known facts give none. */
enum db_outcome attendance_apply(struct db *db, struct arena *arena, const char *session_id,
    const struct event *events, size_t count, int64_t now, struct attendance_changes *changes,
    bool *known);

/* Keeps the end of a media server (END_SERVER). The caller then updates the attendees, with
 * attendance_settle() for each session of sessions_of_ending(). */
enum db_outcome attendance_end_server(struct db *db, const struct ending *ending, int64_t now);

/* Updates the attendees of the session that were on this media server at `at`. Locks the row and
 * gives `*changes` as above. */
enum db_outcome attendance_settle(struct db *db, struct arena *arena, const char *session_id,
    const char *server, int64_t at, int64_t now, struct attendance_changes *changes);

/* Ends a person's open connections at `now`, for a removal, and lists the devices to remove (also
 * those of earlier removals). Runs inside db_run(); `*changes` as above. */
enum db_outcome attendance_remove(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, int64_t now, const char ***devices, size_t *device_count,
    struct attendance_changes *changes);

/* Finds all connections of a meeting, merged. */
enum db_outcome attendance_find(
    struct db *db, struct arena *arena, struct target target, struct attended *attended);

#endif
