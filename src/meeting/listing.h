/* Lists of meetings: what is asked for, and what comes. */
#ifndef CONFAB_MEETING_LISTING_H
#define CONFAB_MEETING_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meeting/lifecycle.h"
#include "meeting/meeting.h"

/* A place in lists of meetings, which are in the order of starts_on and id, the greatest first. It
 * does not move when other meetings come and go. */
struct meeting_place {
	int64_t starts_on; /* scheduleTime, else when it was made */
	int64_t id;
};

/* Which meetings to list. */
struct meetings_query {
	enum meeting_status status; /* 0: any */
	int64_t from;               /* those that start at this time or later */
	struct meeting_place after; /* those behind this place */
	size_t limit;
};

/* One page of a list. */
struct meetings_page {
	struct meeting *meetings;
	size_t count;
	bool more;                 /* the list goes on behind `last` */
	struct meeting_place last; /* of the last meeting on the page, if there is one */
};

#endif
