/* Reconciling a media server: does it answer, and may it take meetings? */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/job_keep.h"
#include "service/reconcile.h"
#include "service/session.h"

void reconcile_server_failed(const struct reconcile *reconcile)
{
	struct db *db = reconcile->service->db;
	const char *name = reconcile->server.server.name;
	struct error error = {0};

	db_deadline_start(db);
	if (!db_once(db, &error, media_server_failed(db, name, clock_now())))
		error_clear(&error); /* the job fails in any case, and runs again */
}

static bool room_is_stray(
    const struct reconcile *reconcile, const char *session_id, bool *stray, struct error *error)
{
	struct meeting meeting;
	bool found;

	db_deadline_start(reconcile->service->db);
	if (!session_meeting(
		reconcile->service, reconcile->arena, session_id, &meeting, &found, error))
		return false;
	*stray = found && meeting.server != NULL &&
		 strcmp(meeting.server, reconcile->server.server.name) != 0;
	return true;
}

/* Destroys the rooms of meetings that are on another server now. */
static bool rooms_clear(const struct reconcile *reconcile, struct error *error)
{
	const struct service *service = reconcile->service;
	const struct media_server *server = &reconcile->server.server;
	struct room *rooms;
	size_t count;

	if (service->provider->rooms == NULL)
		return true;
	if (!service->provider->rooms(
		service->provider_state, reconcile->arena, server, &rooms, &count, error))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct session_ref session = {*server, rooms[i].session_id};
		bool stray;

		if (!job_keep(reconcile->service, reconcile->job, error) ||
		    !room_is_stray(reconcile, session.session_id, &stray, error))
			return false;
		if (stray && !service->provider->session_end(service->provider_state,
				 reconcile->arena, &session, NULL, 0, error))
			return false;
	}
	return true;
}

bool reconcile_server_answered(const struct reconcile *reconcile, struct error *error)
{
	const struct media_server_row *row = &reconcile->server;
	struct db *db = reconcile->service->db;

	if (row->failures == 0 && strcmp(row->state, SERVER_LOST) != 0)
		return true;
	if (row->failures >= FAILURES_LIMIT || strcmp(row->state, SERVER_LOST) == 0) {
		log_event("warning", "media server %s answers again", row->server.name);
		if (!rooms_clear(reconcile, error))
			return false;
	}
	db_deadline_start(db);
	return db_once(db, error, media_server_answered(db, row->server.name, clock_now()));
}
