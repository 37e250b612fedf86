/* Who is calling: what a verified bearer token says. */
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
