/* Events of meetings. The use cases write them, in the transactions of the changes. The people in
 * the meeting and the clients of the API read them.
 *
 * The writing functions run inside a transaction. It has changed or locked the meeting's row before
 * (store/meeting_events.h). */
#ifndef CONFAB_SERVICE_MEETING_EVENTS_H
#define CONFAB_SERVICE_MEETING_EVENTS_H

#include "meeting/act.h"
#include "meeting/attendance_change.h"
#include "meeting/event.h"
#include "meeting/meeting_event.h"
#include "service/service.h"

/* Adds attendee.joined and attendee.left for these changes of the attendance. */
enum db_outcome meeting_events_add_attendance(struct db *db, struct arena *arena,
    const char *session_id, const struct attendance_changes *changes);

/* Adds an event about the meeting. A meeting starts, ends and is deleted once, and a request edits
 * it once. `meeting` is the meeting after the change. */
enum db_outcome meeting_event_add(struct db *db, struct arena *arena, const struct act *act,
    const struct meeting *meeting, enum meeting_event_type type);

/* Adds an event about one attendee, once for each request. Looks up name and role of the attendee.
 */
enum db_outcome meeting_event_add_attendee(struct db *db, struct arena *arena,
    const struct act *act, const char *session_id, enum meeting_event_type type,
    const char *attendee);

/* Adds attendee.lost or attendee.back for EVENT_LOST or EVENT_BACK, once, if the device has an open
 * connection. */
enum db_outcome meeting_event_add_page(
    struct db *db, struct arena *arena, const char *session_id, const struct event *event);

/* Has an earlier try of this request added an event of this type? For a transaction whose COMMIT
 * was lost. */
enum db_outcome meeting_event_added(struct db *db, struct arena *arena, const struct act *act,
    const char *session_id, enum meeting_event_type type, bool *added);

/* Adds an event about a recording, once for each type. `reason` is for
 * MEETING_EVENT_RECORDING_FAILED. */
enum db_outcome meeting_event_add_recording(struct db *db, struct arena *arena,
    const char *session_id, enum meeting_event_type type, const char *archive_id,
    const char *reason, int64_t at);

/* Adds recording.progress: so many percent of the archive's processing are done. Once for each
 * number. */
enum db_outcome meeting_event_add_progress(struct db *db, struct arena *arena,
    const char *session_id, const char *archive_id, int progress, int64_t at);

/* Adds recording.failed about a recording that goes on, with what is wrong. */
enum db_outcome meeting_event_add_silent_recording(struct db *db, struct arena *arena,
    const char *session_id, const char *archive_id, const char *reason, int64_t at);

/* Reads the events of a meeting that the listener may see. events->up_to counts the other ones too.
 * ERROR_NOT_FOUND if there is no such meeting, ERROR_FORBIDDEN (PUT_OUT) for a removed attendee. */
bool meeting_events_list(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, const struct meeting_events_query *query,
    struct meeting_events *events, struct error *error);

/* Reads what the signalling gate has missed: all events of a session behind `after`, at most
 * `limit`. A session that is not known has none. */
bool meeting_events_missed(struct service *service, struct arena *arena, const char *session_id,
    int64_t after, size_t limit, struct meeting_events *events, struct error *error);

#endif
