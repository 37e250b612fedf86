/* The three roles of a meeting. */
#include "meeting/role.h"

#include <stddef.h>
#include <string.h>

static const char *const names[] = {
    [ROLE_SUBSCRIBER] = "subscriber",
    [ROLE_PUBLISHER] = "publisher",
    [ROLE_MODERATOR] = "moderator",
};

const char *role_name(enum role role)
{
	return names[role];
}

bool role_parse(const char *name, enum role *role)
{
	for (size_t i = ROLE_SUBSCRIBER; i <= ROLE_MODERATOR; i++) {
		if (strcmp(names[i], name) == 0) {
			*role = (enum role)i;
			return true;
		}
	}
	return false;
}
