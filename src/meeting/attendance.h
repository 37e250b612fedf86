/* Who was in a meeting, and when: a merge of facts that gives the same result in any order.
 *
 * A provider's events arrive late, twice, out of order or not at all. So an opening (somebody's
 * connection came) and an ending (a connection, a participant, a room, everything went) are facts
 * of their own, kept as they are. What follows from them is computed here, without I/O.
 *
 * A fact of the provider has two times. `stamped_at` is the provider's own: it identifies the fact
 * and orders the provider's facts among each other. The other one is shown, is by the service's
 * clock, and is never after the fact's receipt (events_receive()). Between a fact of the provider
 * and one of the service, which has no stamp, the service's clock decides. */
#ifndef CONFAB_MEETING_ATTENDANCE_H
#define CONFAB_MEETING_ATTENDANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meeting/role.h"

/* A connection of an attendee. The same connection id may be opened again later (Janus: one handle
 * leaves the room and joins again), which is another connection: the identity is (connection_id,
 * stamped_at). Times are microseconds. */
struct connection {
	int64_t id;                /* of its row */
	const char *server;        /* the media server that it is on */
	const char *connection_id; /* "<session>/<handle>" with Janus */
	const char *device;        /* what is counted as one device: Janus' session id */
	const char *participant;   /* the participant's id in the room; "" for viewers */
	const char *attendee;      /* who, from the verified token */
	const char *pseudonym;     /* the attendee's once their identity is erased; may be NULL */
	const char *event;         /* the name of the event that opened it */
	enum role role;
	int64_t joined_at;
	int64_t stamped_at;     /* TIME_NONE: the service found it */
	int64_t left_at;        /* derived: TIME_NONE while open */
	const char *left_event; /* derived: the name of the ending's event, NULL while open */
	bool superseded;        /* derived: an event of the provider tells of the same connection */
};

/* What an ending covers. */
enum end_scope {
	END_CONNECTION = 1,  /* key: a connection id */
	END_PARTICIPANT = 2, /* key: a participant's id in this room */
	END_ROOM = 3,        /* everybody in this meeting; key: on this media server, "": on all */
	END_SERVER = 4,      /* everybody in all meetings; key as above. "" is of a time when there
			      * was one server */
};

struct ending {
	enum end_scope scope;
	const char *key;
	const char *event; /* the name of the event */
	int64_t at;
	int64_t stamped_at; /* TIME_NONE: the service itself ended it */
};

/* Does this ending end that connection: does it cover it, at a time not before its opening? */
bool ending_covers(const struct ending *ending, const struct connection *connection);

/* From when on endings matter, microseconds: one that is before `at`, and stamped before
 * `stamped_at` or not at all, covers none of the connections that this was made of. */
struct attendance_since {
	int64_t at, stamped_at; /* TIME_MAX without connections, or without stamps */
};

/* The earliest times from which an ending may cover one of these `count` connections: so not all
 * endings of a meeting have to be read. */
struct attendance_since attendance_since(const struct connection *connections, size_t count);

/* Sets left_at and left_event of each connection to the earliest ending that covers it (of two at
 * the same time the one with the narrower scope, then the lesser event name), or to none; then
 * marks those that are superseded. `connections` must hold all of a person's. */
void attendance_merge(struct connection *connections, size_t connection_count,
    const struct ending *endings, size_t ending_count);

/* Marks the connections that the service found and that overlap one of the same id which the
 * provider tells of: they are the same, and the provider knows better when it came. The connections
 * are merged, and may be of several people. What is marked counts for nothing below. */
void attendance_supersede(struct connection *connections, size_t count);

/* What one attendee's merged connections amount to. */
struct attendance {
	int64_t joined_on;   /* the first opening */
	int64_t left_on;     /* the last leaving; TIME_NONE while in the meeting */
	int64_t closed_time; /* microseconds in the meeting up to the present stay: the union of the
			      * closed intervals, less what overlaps the present stay */
	int64_t open_since;  /* the earliest opening that is still open; TIME_NONE if none is */
	unsigned devices;    /* different devices in the meeting now */
	enum role role;      /* the highest of the open ones, else that of the last one opened */
	int64_t event_at;    /* the latest event that concerns them (ties: the greater name) */
	const char *event;
	const struct connection *event_connection; /* the last one opened of those it was about */
};

/* `connections` are all of one attendee, merged, at least one; they may be reordered. `endings` are
 * those that attendance_merge() was given: the latest event may be an ending that came after the
 * person had left. (A "lost" of the reconciler is none beside the event that it stood in for.) */
struct attendance attendance_summary(struct connection *connections, size_t connection_count,
    const struct ending *endings, size_t ending_count);

/* A person's stay: a time, as long as can be, during which at least one of their connections was
 * open. One that begins at the moment when another ends goes on with it. */
struct stay {
	const struct connection *first; /* the one it began with */
	enum role role;                 /* the highest of its connections */
	int64_t joined_at;
	int64_t left_at;        /* TIME_NONE while in the meeting */
	const char *left_event; /* what ended the connection that ended last (of several at the same
				 * time the lesser name); NULL while in the meeting */
};

/* The stays of any number of people, the oldest first (of those at the same time by attendee).
 * `connections` are all of theirs, merged; the pointers may be reordered. `stays` has room for
 * `count`; gives how many there are. A person's stays never overlap, and their sum is what
 * attendance_summary() gives as time in the meeting. */
size_t attendance_stays(const struct connection **connections, size_t count, struct stay *stays);

/* Why the stay ended, in one word: "left", "removed" (by a moderator), "ended" (the meeting),
 * "restarted" (the provider), "lost" (nobody saw them go); NULL while in the meeting. */
const char *stay_reason(const struct stay *stay);

/* Whole seconds in the meeting up to `now`. */
int64_t attendance_seconds(int64_t closed_time, int64_t open_since, int64_t now);

#endif
