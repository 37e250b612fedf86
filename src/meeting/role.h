/* The three roles of a meeting, from the least to the most powerful. */
#ifndef CONFAB_MEETING_ROLE_H
#define CONFAB_MEETING_ROLE_H

#include <stdbool.h>

enum role {
	ROLE_SUBSCRIBER = 1, /* sees and hears others */
	ROLE_PUBLISHER = 2,  /* also sends */
	ROLE_MODERATOR = 3,  /* also mutes and removes people, records, and ends the meeting */
};

/* "subscriber", "publisher", "moderator". */
const char *role_name(enum role role);

/* False when `name` is another text. */
bool role_parse(const char *name, enum role *role);

#endif
