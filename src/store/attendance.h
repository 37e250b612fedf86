/* Attendance in the database: keeps facts, and brings the rows that follow from them up to date. */
#ifndef CONFAB_STORE_ATTENDANCE_H
#define CONFAB_STORE_ATTENDANCE_H

#include "meeting/attendance_change.h"
#include "meeting/attendee.h"
#include "meeting/event.h"
#include "meeting/scope.h"
#include "store/attendees.h"
#include "store/connections.h"
#include "store/db.h"

/* Keeps the events (openings and ends, all of this meeting) and brings the attendees that they
 * concern up to date. Runs inside db_run(), whose meetings row it locks. `*known` is false, and
 * nothing is written, when there is no meeting with this session id. `*changes` is what came of it:
 * nothing for facts that are known. */
enum db_outcome attendance_apply(struct db *db, struct arena *arena, const char *session_id,
    const struct event *events, size_t count, int64_t now, struct attendance_changes *changes,
    bool *known);

/* Keeps the end of a media server (END_SERVER). The attendees follow with attendance_settle() for
 * each session of sessions_of_ending(). */
enum db_outcome attendance_end_server(struct db *db, const struct ending *ending, int64_t now);

/* Brings everybody in this session who was on that media server at `at` up to date; locks and gives
 * `*changes` as above. */
enum db_outcome attendance_settle(struct db *db, struct arena *arena, const char *session_id,
    const char *server, int64_t at, int64_t now, struct attendance_changes *changes);

/* Ends a person's open connections at `now`, since they are put out, and lists the devices that
 * have to go (of earlier times too). Runs inside db_run(); `*changes` as above. */
enum db_outcome attendance_remove(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, int64_t now, const char ***devices, size_t *device_count,
    struct attendance_changes *changes);

/* Everybody's connections in a meeting, merged. */
enum db_outcome attendance_find(
    struct db *db, struct arena *arena, struct target target, struct attended *attended);

#endif
