/* The tables of connections and of their ends: facts, as the provider reports them. */
#ifndef CONFAB_STORE_CONNECTIONS_H
#define CONFAB_STORE_CONNECTIONS_H

#include "meeting/event.h"
#include "store/db.h"
#include "store/media_servers.h"

/* Writing. These run inside a transaction, after meeting_touch() has locked the meeting's row. */

/* Adds an opening, unless it exists (`*there`), the meeting ended before it, or the person was
 * erased from the meeting. The stamp identifies an event that is sent again; joined_at, which may
 * be capped, stays that of its first receipt. */
enum db_outcome connection_add(struct db *db, struct arena *arena, const char *session_id,
    const struct connection *connection, int64_t now, bool *there);

/* Adds an end, unless it exists. `session_id` is "" for the end of a server. */
enum db_outcome ending_add(
    struct db *db, const char *session_id, const struct ending *ending, int64_t now);

/* Writes left_at and left_event of the connection. */
enum db_outcome connection_set_left(
    struct db *db, const struct connection *connection, int64_t now);

/* Reading. */

/* The server of `connections c`. Rows from before the column `server` are on the first one. */
#define CONNECTION_SERVER "COALESCE(c.server, " FIRST_SERVER ", '')"

/* The columns of `connections c` for connections_read(). */
#define CONNECTION_COLUMNS                                                                         \
	" c.id, " CONNECTION_SERVER " AS server, c.connection_id, c.device, c.participant,"        \
	" c.attendee, c.role, c.event, c.joined_at, c.stamped_at, c.left_at, c.left_event"

/* Reads CONNECTION_COLUMNS from all rows. */
struct connection *connections_read(struct arena *arena, const struct db_rows *rows);

/* Finds one person's connections in a session, in the order of their openings. */
enum db_outcome connections_of(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, struct connection **connections, size_t *count);

/* Finds the ends that may cover these connections. They are all connections of one person in a
 * session, at least one. */
enum db_outcome endings_of(struct db *db, struct arena *arena, const char *session_id,
    const struct connection *connections, size_t connection_count, struct ending **endings,
    size_t *count);

/* Finds the people in a session whose connections this end may cover. */
enum db_outcome attendees_of_ending(struct db *db, struct arena *arena, const char *session_id,
    const struct ending *ending, const char ***attendees, size_t *count);

/* Finds the sessions with connections that this end of a server may cover and that have no earlier
 * end. In order, those after `after` ("" for the first page). */
enum db_outcome sessions_of_ending(struct db *db, struct arena *arena, const struct ending *ending,
    const char *after, size_t limit, const char ***session_ids, size_t *count);

/* A connection that is open now. */
struct open_connection {
	const char *session_id;
	const char *connection_id;
	const char *device;
	const char *participant; /* "" for those who only watch */
	const char *attendee;
	int64_t joined_at;
	int64_t received_at; /* when the service received its event */
};

/* Finds the open connections on a media server. */
enum db_outcome attendance_open(struct db *db, struct arena *arena, const char *server,
    struct open_connection **connections, size_t *count);

/* Finds the open connections of one person in a session. */
enum db_outcome attendance_open_of(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, struct open_connection **connections, size_t *count);

/* Counts the open connections on a media server. */
enum db_outcome connections_count(struct db *db, const char *server, int64_t *count);

/* Finds the devices in a session that must be removed: open ones, and those whose connections the
 * end of the meeting has ended. */
enum db_outcome attendance_devices(struct db *db, struct arena *arena, const char *session_id,
    const char ***devices, size_t *count);

/* Finds the devices of one person that must be removed: open ones, and those whose connections a
 * removal has ended. */
enum db_outcome attendance_devices_of(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, const char ***devices, size_t *count);

/* Finds how far the provider's clock is ahead, in microseconds (below 0: it is behind, or its
 * events are late). Takes the greatest value of the newest openings in the hour before `now`.
 * `*known` is false if there are none. */
enum db_outcome attendance_clock(struct db *db, int64_t now, int64_t *ahead, bool *known);

#endif
