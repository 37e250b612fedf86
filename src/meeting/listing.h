/* Lists of meetings: the query and the result. */
#ifndef CONFAB_MEETING_LISTING_H
#define CONFAB_MEETING_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meeting/lifecycle.h"
#include "meeting/meeting.h"

/* A place in a list of meetings, which is in the order of starts_on and id, the greatest first. A
 * place stays the same when other meetings come and go. */
struct meeting_place {
	int64_t starts_on; /* scheduleTime; without one the time of creation */
	int64_t id;
};

/* Which meetings to list. */
struct meetings_query {
	enum meeting_status status; /* 0: any status */
	int64_t from;               /* meetings that start at this time or later */
	struct meeting_place after; /* meetings after this place in the list */
	size_t limit;
};

/* One page of a list. */
struct meetings_page {
	struct meeting *meetings;
	size_t count;
	bool more;                 /* there are more meetings after `last` */
	struct meeting_place last; /* of the last meeting on the page, if there is one */
};

#endif
