/* Finds the meeting of a provider's session, and the session of a meeting. */
#include "service/session.h"

#include "service/media_servers.h"
#include "store/meetings.h"

bool session_meeting(struct service *service, struct arena *arena, const char *session_id,
    struct meeting *meeting, bool *found, struct error *error)
{
	return db_once(service->db, error,
	    meeting_find_session(service->db, arena, session_id, meeting, found));
}

bool session_refer(struct service *service, struct arena *arena, const char *server,
    const char *session_id, struct session_ref *session, struct error *error)
{
	struct media_server_row row;

	if (!media_server_read(service, arena, server, &row, error))
		return false;
	*session = (struct session_ref){.server = row.server, .session_id = session_id};
	return true;
}
