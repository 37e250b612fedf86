/* The table of the events of each meeting, in their order. */
#ifndef CONFAB_STORE_MEETING_EVENTS_H
#define CONFAB_STORE_MEETING_EVENTS_H

#include "meeting/media_server.h"
#include "meeting/meeting_event.h"
#include "meeting/scope.h"
#include "store/db.h"

/* Adds an event as the meeting's next one, unless the meeting has one of this cause, is deleted or
 * unknown. Runs inside db_run(), after a statement that has changed or locked the meeting's row:
 * so events are numbered without gaps, in the order of their commits. */
enum db_outcome meeting_event_insert(
    struct db *db, struct arena *arena, const char *session_id, const struct meeting_event *event);

/* Has the meeting an event of this cause? */
enum db_outcome meeting_event_caused(
    struct db *db, const char *session_id, const char *cause, bool *caused);

/* Finds the events of a meeting that the query asks for, for any audience. */
enum db_outcome meeting_events_find(struct db *db, struct arena *arena, struct target target,
    const struct meeting_events_query *query, struct meeting_events *events);

/* An event, and the media server of its meeting. */
struct written_event {
	const char *session_id;
	struct listed_event event;
	struct media_server server;
};

/* Finds the events with ids from `first` to `last` of meetings that are on a media server: server
 * by server, and in order in each meeting. */
enum db_outcome meeting_events_written(struct db *db, struct arena *arena, uint64_t first,
    uint64_t last, struct written_event **list, size_t *count);

/* Finds the newest event of each meeting on this server that has one among the last thousands. At
 * most as many as one request to a gate may have. */
enum db_outcome meeting_events_newest(struct db *db, struct arena *arena, const char *server,
    struct written_event **list, size_t *count);

/* Finds the events of a session behind `after`, at most `limit`, in order. */
enum db_outcome meeting_events_behind(struct db *db, struct arena *arena, const char *session_id,
    int64_t after, size_t limit, struct listed_event **list, size_t *count);

#endif
