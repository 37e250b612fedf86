/* A grant: somebody was given a role in a meeting. */
#ifndef CONFAB_MEETING_GRANT_H
#define CONFAB_MEETING_GRANT_H

#include <stdbool.h>
#include <stdint.h>

#include "meeting/role.h"

struct grant {
	int64_t id;
	const char *attendee;
	enum role role;
	const char *name;   /* shown to others; "" for none */
	bool verified;      /* the name is vouched for: the person has not chosen it */
	int64_t room_epoch; /* the provider's epoch at which it learnt of this; TIME_NONE: never */
	int64_t banned_on;  /* TIME_NONE unless the person was removed */
};

#endif
