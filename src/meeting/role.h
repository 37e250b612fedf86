/* The three roles of a meeting, from the least to the most powerful. */
#ifndef CONFAB_MEETING_ROLE_H
#define CONFAB_MEETING_ROLE_H

#include <stdbool.h>

enum role {
	ROLE_SUBSCRIBER = 1, /* sees and hears */
	ROLE_PUBLISHER = 2,  /* is also seen and heard */
	ROLE_MODERATOR = 3,  /* also mutes, puts out, records, ends */
};

/* "subscriber", "publisher", "moderator". */
const char *role_name(enum role role);

/* False if `name` is none of them. */
bool role_parse(const char *name, enum role *role);

#endif
