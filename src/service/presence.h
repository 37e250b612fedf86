/* Presence: keeps what the provider reports of people and media. */
#ifndef CONFAB_SERVICE_PRESENCE_H
#define CONFAB_SERVICE_PRESENCE_H

#include "meeting/event.h"
#include "service/service.h"

/* Keeps the events (openings and ends, all of this meeting), and tells what came of them as events
 * of the meeting. Runs inside db_run(), whose first statement it is unless the meeting's row has
 * been locked before. `*known` as in attendance_apply(). */
enum db_outcome presence_apply(struct db *db, struct arena *arena, const char *session_id,
    const struct event *events, size_t count, int64_t now, bool *known);

/* The same for everybody in this session who was on that media server at `at`, when it has ended.
 */
enum db_outcome presence_settle(struct db *db, struct arena *arena, const char *session_id,
    const char *server, int64_t at, int64_t now);

/* Keeps events that came at `now`, and has people removed at the provider who are not to be in
 * their meeting. The same events in any order and any number of times leave the same rows.
 *
 * An event that a fault of the service hits is logged, counted and passed over; `*faults` is the
 * number of these. False with ERROR_UNAVAILABLE when the events should be sent again. */
bool presence_keep(struct service *service, struct arena *arena, struct events *events, int64_t now,
    size_t *faults, struct error *error);

#endif
