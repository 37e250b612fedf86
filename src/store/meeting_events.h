/* The table of what happened in each meeting, in order. */
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

/* An event as it was written. */
struct meeting_event_row {
	int64_t seq;
	const char *type;
	const char *audience; /* for audience_includes() */
	const char *data;     /* JSON */
	int64_t at;
};

/* Which events to read. */
struct meeting_events_query {
	struct target target;
	const char *attendee; /* who reads them; NULL: nobody whom the service knows */
	int64_t after;        /* those with a greater seq */
	int64_t limit;
};

struct meeting_events {
	bool meeting_found;             /* there is such a meeting, and it is not deleted */
	bool is_banned;                 /* the reader, from the meeting */
	struct meeting_event_row *rows; /* by seq */
	size_t count;
	int64_t up_to; /* the last seq that was looked at */
};

enum db_outcome meeting_events_find(struct db *db, struct arena *arena,
    const struct meeting_events_query *query, struct meeting_events *events);

#endif
