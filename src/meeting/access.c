/* Access: who may come into a meeting without being asked. */
#include "meeting/access.h"

#include <string.h>

#include "base/clock.h"

bool meeting_access_good(const char *access)
{
	return strcmp(access, MEETING_OPEN) == 0 || strcmp(access, MEETING_WAITING_ROOM) == 0 ||
	       strcmp(access, MEETING_LOCKED) == 0;
}

enum entry entry_decide(const char *access, const struct arrival *arrival)
{
	if (arrival->is_moderator && !arrival->is_suspect)
		return ENTRY_ADMITTED;
	if (arrival->waiting_since != TIME_NONE)
		return ENTRY_WAITING;
	if (arrival->is_known)
		return ENTRY_ADMITTED;
	if (arrival->is_moderator)
		return ENTRY_WAITING;
	if (strcmp(access, MEETING_LOCKED) == 0)
		return ENTRY_REFUSED;
	return strcmp(access, MEETING_OPEN) != 0 || arrival->is_suspect ? ENTRY_WAITING
									: ENTRY_ADMITTED;
}
