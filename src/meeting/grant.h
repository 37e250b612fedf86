/* A grant: a person may have a role in a meeting. */
#ifndef CONFAB_MEETING_GRANT_H
#define CONFAB_MEETING_GRANT_H

#include <stdbool.h>
#include <stdint.h>

#include "meeting/role.h"

struct grant {
	int64_t id;
	const char *attendee;
	enum role role;
	const char *name;   /* other people see it; "" for none */
	bool verified;      /* the integrator has set the name, not the person */
	int64_t room_epoch; /* the provider's epoch when it learnt of this grant; TIME_NONE: it did
			       not */
	int64_t banned_on;  /* TIME_NONE unless the person is banned */
};

#endif
