/* An act: who does something, in which request, and when. */
#ifndef CONFAB_MEETING_ACT_H
#define CONFAB_MEETING_ACT_H

#include <stdint.h>

struct act {
	const char *actor;
	const char *tenant;     /* of the actor; NULL: none */
	const char *request_id; /* a retry of the same request has the same id */
	int64_t at;             /* microseconds */
};

#endif
