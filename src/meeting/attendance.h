/* Attendance of a meeting: a merge of facts. Any order of the facts gives the same result.
 *
 * A provider's events arrive late, twice, out of order or not at all. Therefore openings (of a
 * connection) and endings (of a connection, a participant, a room or a media server) are separate
 * facts, and are kept unchanged. This file computes the attendance from them, without I/O.
 *
 * A fact of the provider has two times. `stamped_at` is the provider's own time. It identifies the
 * fact, and orders the facts of the provider. The other time is shown to users. It is by the
 * service's clock, and never after the receipt of the fact (events_receive()). A fact of the
 * service has no stamp: the service's clock orders it among the provider's facts. */
#ifndef CONFAB_MEETING_ATTENDANCE_H
#define CONFAB_MEETING_ATTENDANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meeting/role.h"

/* A connection of an attendee. A connection id may be opened again later (Janus: one handle leaves
 * the room and joins again). That is another connection: the identity is (connection_id,
 * stamped_at). Times are microseconds. */
struct connection {
	int64_t id;                /* of its row */
	const char *server;        /* its media server */
	const char *connection_id; /* "<session>/<handle>" with Janus */
	const char *device;        /* counts as one device; Janus: the session id */
	const char *participant;   /* the participant's id in the room; "" for viewers */
	const char *attendee;      /* from the verified token */
	const char *pseudonym;     /* of the attendee after an erasure; may be NULL */
	const char *event;         /* the name of its opening's event */
	enum role role;
	int64_t joined_at;
	int64_t stamped_at;     /* TIME_NONE: the service found it */
	int64_t left_at;        /* derived: TIME_NONE while open */
	const char *left_event; /* derived: the name of the ending's event, NULL while open */
	bool superseded; /* derived: an event of the provider has opened the same connection */
};

/* The connections that an ending covers. */
enum end_scope {
	END_CONNECTION = 1,  /* key: a connection id */
	END_PARTICIPANT = 2, /* key: a participant's id in this room */
	END_ROOM = 3,        /* of this meeting; key: a media server, "": all */
	/* of all meetings; key: a media server. "": a row from before the table media_servers; it
	 * covers all servers */
	END_SERVER = 4,
	END_DEVICE = 5, /* key: a device */
};

struct ending {
	enum end_scope scope;
	const char *key;
	const char *event; /* the name of the event */
	int64_t at;
	int64_t stamped_at; /* TIME_NONE: the service itself ended it */
};

/* Does this ending cover this connection, at a time not before its opening? */
bool ending_covers(const struct ending *ending, const struct connection *connection);

/* The earliest times of endings that can cover a connection of a list, in microseconds. An ending
 * before `at`, whose stamp is before `stamped_at` or missing, covers none of them. */
struct attendance_since {
	int64_t at, stamped_at; /* TIME_MAX without connections, or without stamps */
};

/* Computes these times for `count` connections, so that a caller need not read all endings of a
 * meeting. */
struct attendance_since attendance_since(const struct connection *connections, size_t count);

/* Sets left_at and left_event of each connection from the earliest ending that covers it, or clears
 * them. (Of two endings at the same time: the one with the narrower scope, then the lesser event
 * name.) Then marks the superseded connections. `connections` must hold all connections of a
 * person. */
void attendance_merge(struct connection *connections, size_t connection_count,
    const struct ending *endings, size_t ending_count);

/* Marks a connection that the service found itself, if it overlaps one with the same id from an
 * event of the provider: the two are the same, and the provider knows its opening better. The
 * connections are merged, and may belong to several people. The functions below ignore marked
 * connections. */
void attendance_supersede(struct connection *connections, size_t count);

/* The sum of one attendee's merged connections. */
struct attendance {
	int64_t joined_on; /* the first opening */
	int64_t left_on;   /* the last end; TIME_NONE while in the meeting */
	/* microseconds in the meeting before the present stay: the union of the ended connections,
	 * without their overlap with the present stay */
	int64_t closed_time;
	int64_t open_since; /* the earliest opening of an open connection; TIME_NONE: none */
	unsigned devices;   /* different devices in the meeting now */
	enum role role;     /* the highest of the open connections, else that of the last opening */
	int64_t event_at;   /* the latest event about them (ties: the greater name) */
	const char *event;
	const struct connection *event_connection; /* of those in the event, the last one opened */
};

/* `connections` are all merged connections of one attendee, at least one. The function may reorder
 * them. `endings` are those of attendance_merge(): the latest event may be an ending after the
 * person has left. (The reconciler's "lost" does not count as such an event: the provider's own
 * event may follow it.) */
struct attendance attendance_summary(struct connection *connections, size_t connection_count,
    const struct ending *endings, size_t ending_count);

/* A person's stay: the longest time with at least one open connection. If a connection opens at the
 * moment when another one ends, the stay goes on. */
struct stay {
	const struct connection *first; /* the connection that began it */
	enum role role;                 /* the highest role of its connections */
	int64_t joined_at;
	int64_t left_at;        /* TIME_NONE while in the meeting */
	const char *left_event; /* of the last end (ties: the lesser name); NULL while there */
};

/* Computes the stays of any number of people, the oldest first (ties: by attendee). `connections`
 * are all their merged connections; the function may reorder the pointers. `stays` has room for
 * `count`. Returns the number of stays. A person's stays never overlap. Their sum is the person's
 * time in the meeting in attendance_summary(). */
size_t attendance_stays(const struct connection **connections, size_t count, struct stay *stays);

/* The reason of the stay's end: "left", "removed" (by a moderator), "ended" (the meeting),
 * "restarted" (the media server), "lost" (no event reported the end); NULL while in the meeting. */
const char *stay_reason(const struct stay *stay);

/* Whole seconds in the meeting up to `now`. */
int64_t attendance_seconds(int64_t closed_time, int64_t open_since, int64_t now);

#endif
