/* The meeting that a provider's session belongs to. */
#include "service/session.h"

#include "store/meetings.h"

bool session_meeting(struct service *service, struct arena *arena, const char *session_id,
    struct meeting *meeting, bool *found, struct error *error)
{
	return db_once(service->db, error,
	    meeting_find_session(service->db, arena, session_id, meeting, found));
}
