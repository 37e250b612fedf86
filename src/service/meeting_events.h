/* What happens in meetings: written by the use cases, in the transactions that make it happen, and
 * read by the people in the meeting and by clients of the API.
 *
 * The functions that write run inside a transaction that has changed or locked the meeting's row
 * before (store/meeting_events.h). */
#ifndef CONFAB_SERVICE_MEETING_EVENTS_H
#define CONFAB_SERVICE_MEETING_EVENTS_H

#include "meeting/act.h"
#include "meeting/attendance_change.h"
#include "meeting/meeting_event.h"
#include "service/service.h"

/* attendee.joined and attendee.left, for what has changed in the attendance. */
enum db_outcome meeting_events_add_attendance(struct db *db, struct arena *arena,
    const char *session_id, const struct attendance_changes *changes);

/* An event about the meeting as a whole, which starts, ends and is deleted once, and is edited once
 * by a request. `meeting` is as it is by now. */
enum db_outcome meeting_event_add(struct db *db, struct arena *arena, const struct act *act,
    const struct meeting *meeting, enum meeting_event_type type);

/* An event about one attendee, to whom a request does it once. Looks up their name and role. */
enum db_outcome meeting_event_add_attendee(struct db *db, struct arena *arena,
    const struct act *act, const char *session_id, enum meeting_event_type type,
    const char *attendee);

/* Has an earlier try of this request added an event of this type? For a transaction whose COMMIT
 * was lost. */
enum db_outcome meeting_event_added(struct db *db, struct arena *arena, const struct act *act,
    const char *session_id, enum meeting_event_type type, bool *added);

/* An event about a recording, each type of which happens to it once. `reason` is for
 * MEETING_EVENT_RECORDING_FAILED. */
enum db_outcome meeting_event_add_recording(struct db *db, struct arena *arena,
    const char *session_id, enum meeting_event_type type, const char *archive_id,
    const char *reason, int64_t at);

/* Reads the events of a meeting that are for the listener. Those that are not are left out, and
 * count for events->up_to all the same. ERROR_NOT_FOUND when there is no such meeting,
 * ERROR_FORBIDDEN (PUT_OUT) for an attendee who was removed from it. */
bool meeting_events_list(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, const struct meeting_events_query *query,
    struct meeting_events *events, struct error *error);

/* Reads what the signalling gate has missed: all events of a session behind `after`, at most
 * `limit`. A session that is not known has none. */
bool meeting_events_missed(struct service *service, struct arena *arena, const char *session_id,
    int64_t after, size_t limit, struct meeting_events *events, struct error *error);

#endif
