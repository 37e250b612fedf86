/* Who does something, in which request, and when. */
#ifndef CONFAB_MEETING_ACT_H
#define CONFAB_MEETING_ACT_H

#include <stdint.h>

struct act {
	const char *actor;
	const char *tenant;     /* the actor's; NULL: none */
	const char *request_id; /* tells a second try of the same request */
	int64_t at;             /* microseconds */
};

#endif
