/* The meeting that a provider's session belongs to. */
#include "service/session.h"

#include "store/meetings.h"

struct look {
	struct arena *arena;
	const char *session_id;
	struct meeting *meeting;
	bool *found;
};

static enum db_outcome look_find(struct db *db, void *context)
{
	struct look *look = context;

	return meeting_find_session(db, look->arena, look->session_id, look->meeting, look->found);
}

bool session_meeting(struct service *service, struct arena *arena, const char *session_id,
    struct meeting *meeting, bool *found, struct error *error)
{
	struct look look = {arena, session_id, meeting, found};

	return db_run_plain(service->db, look_find, &look, error);
}
