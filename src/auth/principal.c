/* The caller: what a verified bearer token says. */
#include "auth/principal.h"

#include <string.h>

bool principal_may(const struct principal *principal, const char *permission)
{
	for (size_t i = 0; i < principal->permission_count; i++) {
		if (strcmp(principal->permissions[i], permission) == 0)
			return true;
	}
	return false;
}

enum role principal_highest_role(const struct principal *principal)
{
	enum role role;

	if (principal->meeting_role != NULL && role_parse(principal->meeting_role, &role))
		return role;
	return principal_may(principal, "StopMeeting") ? ROLE_MODERATOR : ROLE_PUBLISHER;
}
