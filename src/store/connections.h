/* The tables of connections and of their ends: facts, as they were reported, and what is looked up
 * in them. */
#ifndef CONFAB_STORE_CONNECTIONS_H
#define CONFAB_STORE_CONNECTIONS_H

#include "meeting/event.h"
#include "store/db.h"
#include "store/media_servers.h"

/* Writing. All of it runs inside a transaction, under the meeting's lock (meeting_touch()). */

/* Adds an opening, unless it is there already (`*there`), the meeting had ended before it, or the
 * person's identity was erased from the meeting. An event that is sent again is known by its stamp:
 * joined_at, which may be capped, is that of its first receipt. */
enum db_outcome connection_add(struct db *db, struct arena *arena, const char *session_id,
    const struct connection *connection, int64_t now, bool *there);

/* Adds an end, unless it is there already. `session_id` is "" for the end of a server. */
enum db_outcome ending_add(
    struct db *db, const char *session_id, const struct ending *ending, int64_t now);

/* Writes the left_at and left_event that follow for this connection. */
enum db_outcome connection_set_left(
    struct db *db, const struct connection *connection, int64_t now);

/* Reading. */

/* The server of `connections c`. What is older than media servers is on the first one. */
#define CONNECTION_SERVER "COALESCE(c.server, " FIRST_SERVER ", '')"

/* The columns that connections_read() reads, of `connections c`. */
#define CONNECTION_COLUMNS                                                                         \
	" c.id, " CONNECTION_SERVER " AS server, c.connection_id, c.device, c.participant,"        \
	" c.attendee, c.role, c.event, c.joined_at, c.stamped_at, c.left_at, c.left_event"

/* Reads CONNECTION_COLUMNS from all rows. */
struct connection *connections_read(struct arena *arena, const struct db_rows *rows);

/* One person's connections in a session, in the order of their openings. */
enum db_outcome connections_of(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, struct connection **connections, size_t *count);

/* The ends that may concern these connections (one at least), all of one person's in a session. */
enum db_outcome endings_of(struct db *db, struct arena *arena, const char *session_id,
    const struct connection *connections, size_t connection_count, struct ending **endings,
    size_t *count);

/* The people in a session whose connections this end may cover. */
enum db_outcome attendees_of_ending(struct db *db, struct arena *arena, const char *session_id,
    const struct ending *ending, const char ***attendees, size_t *count);

/* The sessions that have connections which this end of a server may cover and which are not known
 * to have ended before; in order, those after `after` ("" for the first page). */
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
	int64_t received_at; /* when the service got to know of it */
};

/* Those on a media server. */
enum db_outcome attendance_open(struct db *db, struct arena *arena, const char *server,
    struct open_connection **connections, size_t *count);

/* Those of one person in a session. */
enum db_outcome attendance_open_of(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, struct open_connection **connections, size_t *count);

/* How many are open on a media server. */
enum db_outcome connections_count(struct db *db, const char *server, int64_t *count);

/* The devices that were in a session until the service ended it, or still are: they must go. */
enum db_outcome attendance_devices(struct db *db, struct arena *arena, const char *session_id,
    const char ***devices, size_t *count);

/* The same of one person, until the service removed them. */
enum db_outcome attendance_devices_of(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, const char ***devices, size_t *count);

/* How far the provider's clock is ahead (microseconds; below 0: it is behind, or its events are
 * late), by the promptest of the newest openings of the hour before `now`. `*known`: there were
 * some. */
enum db_outcome attendance_clock(struct db *db, int64_t now, int64_t *ahead, bool *known);

#endif
