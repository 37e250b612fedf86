/* What providers report, in words that are the same for all of them. */
#ifndef CONFAB_MEETING_EVENT_H
#define CONFAB_MEETING_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meeting/attendance.h"

enum event_kind {
	EVENT_UNKNOWN,   /* nothing that we keep: counted only */
	EVENT_OPENED,    /* `connection` came */
	EVENT_SEEN,      /* `connection` is there, but not in the meeting: it counts for nothing but
			  * whether this person was put out */
	EVENT_ENDED,     /* `ending` */
	EVENT_PUBLISHED, /* media flows in this meeting: a recording, if one is due, has started */
};

struct event {
	enum event_kind kind;
	const char *name;       /* static text: the provider's word for it ("joined"), "unknown" */
	const char *session_id; /* of the meeting; NULL for EVENT_UNKNOWN and for END_ALL */
	int64_t at;             /* microseconds, from the provider's clock */
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
};

#endif
