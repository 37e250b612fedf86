/* What providers report, in words that are the same for all of them. */
#ifndef CONFAB_MEETING_EVENT_H
#define CONFAB_MEETING_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meeting/attendance.h"

enum event_kind {
	EVENT_UNKNOWN,   /* nothing that we keep: counted only */
	EVENT_MALFORMED, /* cannot be read; the other events of its body can */
	EVENT_OPENED,    /* `connection` came */
	EVENT_SEEN,      /* `connection` is there, but not in the meeting: it counts for nothing but
			  * whether this person was put out */
	EVENT_ENDED,     /* `ending` */
	EVENT_PUBLISHED, /* media flows in this meeting: a recording, if one is due, has started */
};

struct event {
	enum event_kind kind;
	const char *name; /* static text: the provider's word for it ("joined"), "unknown" */
	const char
	    *session_id;    /* of the meeting; NULL where no meeting is named, as in END_SERVER */
	const char *server; /* the media server, by the name that it has itself; NULL: none given.
			     * event_place() gives it the name of its row */
	int64_t at;         /* microseconds, from the provider's clock until events_receive() */
	struct connection connection; /* EVENT_OPENED, EVENT_SEEN */
	struct ending ending;         /* EVENT_ENDED */
	/* EVENT_OPENED: the participant's id in the room is not one that was given to this person:
	 * they are to be put out (Janus takes any free id from its clients). */
	int impostor;
	/* The same: they were put out of the meeting before, or it had ended. Whoever keeps the
	 * meetings sets it. */
	bool banned;
	bool late;
};

/* A list of events in an arena. */
struct events {
	struct event *items;
	size_t count;
	const char
	    *malformed; /* what is wrong with the first EVENT_MALFORMED; NULL: there is none */
};

/* The names of what the service itself notes: the end of a meeting, the removal of a person, and
 * what the reconciler finds out: a connection that went, or came, without an event. */
#define EVENT_NAME_ENDED   "ended"
#define EVENT_NAME_REMOVED "removed"
#define EVENT_NAME_LOST    "lost"
#define EVENT_NAME_FOUND   "found"

/* Is it the name of something that the service itself noted, by its own clock? */
bool event_by_service(const char *name);

/* The event is of this media server: so is what it opens, and how far its end reaches. */
void event_place(struct event *event, const char *server);

/* Brings events that came in one body at `now` under the service's clock: `at`, and the times of
 * openings and endings, are never after their receipt, however far ahead the provider's clock is.
 * (An opening in the future could not be ended: an end counts from the opening on.) `stamped_at`
 * keeps what the provider said: by that an event that is sent again is known, and by that the
 * provider's events are ordered, since what is capped depends on when it came.
 * Returns the greatest difference, in microseconds, of a stamp from `now`: how far the provider's
 * clock is ahead, or, below 0, how late the newest event is. TIME_NONE without events. */
int64_t events_receive(struct events *events, int64_t now);

#endif
