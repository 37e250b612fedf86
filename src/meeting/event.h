/* Events of the providers, in the same words for all providers. */
#ifndef CONFAB_MEETING_EVENT_H
#define CONFAB_MEETING_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meeting/attendance.h"

enum event_kind {
	EVENT_UNKNOWN,   /* counted, not kept */
	EVENT_MALFORMED, /* cannot be read; the other events of its body count */
	EVENT_OPENED,    /* `connection` is open */
	EVENT_SEEN,  /* `connection` exists outside the meeting: only bans and ends are checked */
	EVENT_ENDED, /* `ending` */
	/* the person's page has lost its connection, or is back: the stay goes on. `connection` has
	 * the device, attendee and participant */
	EVENT_LOST,
	EVENT_BACK,
	EVENT_PUBLISHED, /* media flows in this meeting: its recording, if any, has started */
};

struct event {
	enum event_kind kind;
	const char *name;       /* static text: the provider's word for it ("joined"), "unknown" */
	const char *session_id; /* of the meeting; NULL: the event names none, as in END_SERVER */
	/* the media server's own name; NULL: none given. event_place() sets it to the name of the
	 * row */
	const char *server;
	int64_t at; /* microseconds, from the provider's clock until events_receive() */
	struct connection connection; /* EVENT_OPENED, EVENT_SEEN */
	struct ending ending;         /* EVENT_ENDED */
	/* EVENT_OPENED, EVENT_SEEN: the person is banned, or the meeting had ended. The service
	 * sets these. */
	bool banned;
	bool late;
};

/* A list of events in an arena. */
struct events {
	struct event *items;
	size_t count;
	const char *malformed; /* the fault of the first EVENT_MALFORMED; NULL: there is none */
};

/* Names of the service's own facts: the end of a meeting, the removal of a person, and two from the
 * reconciler: a connection ended, or opened, without an event. */
#define EVENT_NAME_ENDED   "ended"
#define EVENT_NAME_REMOVED "removed"
#define EVENT_NAME_LOST    "lost"
#define EVENT_NAME_FOUND   "found"

/* Is this the name of one of the service's own facts, which have the time of its clock? */
bool event_by_service(const char *name);

/* Sets the media server of the event, of its connection, and of the scope of its ending. */
void event_place(struct event *event, const char *server);

/* Caps the times of events that came in one body at `now`: `at`, and the times of openings and
 * endings, are never after the receipt, even if the provider's clock is ahead. (An opening in the
 * future could not be ended: an ending counts from the opening on.) `stamped_at` keeps the
 * provider's time. It identifies an event that is sent again, and orders the provider's events: a
 * capped time depends on the receipt. Returns the greatest difference of a stamp from `now`, in
 * microseconds: how far the provider's clock is ahead or, below 0, how late the newest event is.
 * TIME_NONE without events. */
int64_t events_receive(struct events *events, int64_t now);

#endif
