/* Makes the room of a running meeting again. */
#include "service/room_remake.h"

#include "base/clock.h"
#include "service/job_keep.h"
#include "service/media_servers.h"
#include "service/recording.h"
#include "store/grants.h"
#include "store/meetings.h"

enum {
	PAGE = 100, /* meetings read at once */
};

struct remake {
	struct service *service;
	struct arena *arena;
	const struct meeting *meeting;
	bool room_made; /* or the provider has tried to make it */
};

static bool grants_give(void *context, struct grant **grants, size_t *count, struct error *error)
{
	struct remake *remake = context;
	struct db *db = remake->service->db;

	if (!db_once(db, error,
		grants_sending(db, remake->arena, remake->meeting->session_id, grants, count)))
		return false;
	remake->room_made = true;
	recording_prepare(remake->service, remake->meeting->recording_id);
	return true;
}

bool room_grant(struct service *service, struct arena *arena, const struct media_server *server,
    const struct meeting *meeting, const struct grant *grant, struct error *error)
{
	struct remake remake = {.service = service, .arena = arena, .meeting = meeting};
	const struct session_ref session = {*server, meeting->session_id};
	const struct grant_wish wish = {
	    .meeting = meeting, .grant = grant, .grants = grants_give, .context = &remake};

	if (service->provider->grant == NULL)
		return true;
	if (!service->provider->grant(service->provider_state, arena, &session, &wish, error))
		return false;
	/* A recording that started or stopped meanwhile found no room to change. */
	return !remake.room_made ||
	       recording_follow(service, arena, meeting->session_id, meeting->recording_id, error);
}

bool room_remake(struct service *service, struct arena *arena, const struct media_server *server,
    const struct meeting *meeting, struct error *error)
{
	/* A person who only watches needs the room and no token in it. */
	const struct grant watcher = {.attendee = "",
	    .role = ROLE_SUBSCRIBER,
	    .room_epoch = TIME_NONE,
	    .waiting_since = TIME_NONE,
	    .banned_on = TIME_NONE};

	return room_grant(service, arena, server, meeting, &watcher, error);
}

bool rooms_remake(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	struct db *db = service->db;
	struct running_query query = {.limit = PAGE};
	struct media_server_row row;
	struct meeting *meetings = NULL;
	size_t count = 0;

	if (!media_server_read(service, arena, job_server(job), &row, error))
		return false;
	query.server = row.server.name;
	do {
		db_deadline_start(db);
		if (!db_once(db, error,
			meetings_running(db, arena, &query, clock_now(), &meetings, &count)))
			return false;
		for (size_t i = 0; i < count; i++) {
			if (!job_keep(service, job, error) ||
			    !room_remake(service, arena, &row.server, &meetings[i], error))
				return false;
			query.after = meetings[i].id;
		}
	} while (count == PAGE);
	return true;
}
