/* The table of the events of each meeting, in their order. */
#ifndef CONFAB_STORE_MEETING_EVENTS_H
#define CONFAB_STORE_MEETING_EVENTS_H

#include "meeting/meeting_event.h"
#include "meeting/scope.h"
#include "store/db.h"

/* Adds an event as the meeting's next one, unless the meeting has one of this cause, is deleted or
 * unknown. Runs inside db_run(), after a statement that has changed or locked the meeting's row:
 * so events are numbered without gaps, in the order of their commits. */
enum db_outcome meeting_event_insert(
    struct db *db, struct arena *arena, const char *session_id, const struct meeting_event *event);

/* Finds the events of a meeting that the query asks for, for any audience. */
enum db_outcome meeting_events_find(struct db *db, struct arena *arena, struct target target,
    const struct meeting_events_query *query, struct meeting_events *events);

#endif
