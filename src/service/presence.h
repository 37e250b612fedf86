/* Presence: keeps the provider's events about people and media. */
#ifndef CONFAB_SERVICE_PRESENCE_H
#define CONFAB_SERVICE_PRESENCE_H

#include "meeting/event.h"
#include "service/service.h"

/* Keeps these openings and ends of one meeting, and writes the changes of its attendance as events
 * of the meeting. Runs inside db_run(), as its first statement, unless the meeting's row is locked
 * already. `*known` as in attendance_apply(). */
enum db_outcome presence_apply(struct db *db, struct arena *arena, const char *session_id,
    const struct event *events, size_t count, int64_t now, bool *known);

/* Ends the session's connections on this media server: the server has ended at `at`. Otherwise as
 * presence_apply(). */
enum db_outcome presence_settle(struct db *db, struct arena *arena, const char *session_id,
    const char *server, int64_t at, int64_t now);

/* Keeps events that came at `now`. Then removes people at the provider who must not be in their
 * meeting. The same events in any order and any number of times leave the same rows.
 *
 * If a fault of the service hits an event, the event is logged, counted and skipped. `*faults` is
 * the number of such events. False with ERROR_UNAVAILABLE if the provider should send the events
 * again. */
bool presence_keep(struct service *service, struct arena *arena, struct events *events, int64_t now,
    size_t *faults, struct error *error);

#endif
