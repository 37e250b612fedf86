/* People who wait for a moderator, and people who are banned. */
#ifndef CONFAB_MEETING_WAITER_H
#define CONFAB_MEETING_WAITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meeting/role.h"

/* A person who waits, with the highest role that they asked for. */
struct waiter {
	int64_t id;
	const char *session_id;
	const char *attendee;
	unsigned role;    /* enum role */
	const char *name; /* as others will see it; NULL: none */
	bool verified;    /* as in struct grant */
	int64_t waiting_since;
	int64_t created_on, modified_on;
};

/* A person who must not be in the call: they wait, or they are banned. */
struct held {
	const char *attendee;
	int64_t banned_on, waiting_since; /* TIME_NONE: not */
};

/* Who may be in the call of a meeting: everybody with a token, but for these. */
struct session_entries {
	bool found;        /* there is such a meeting */
	int64_t closed_at; /* when it ended or was deleted; TIME_NONE: neither */
	int64_t newest;    /* the last seq of its events; 0: there are none */
	struct held *held;
	size_t held_count;
};

#endif
