/* Places meetings on media servers: of two random servers, on the one with less load. */
#include "service/placement.h"

#include <string.h>

#include "base/clock.h"
#include "service/media_servers.h"
#include "service/session.h"
#include "store/meetings.h"

enum {
	LOAD_OF_MEETING = 1000, /* until the next heartbeat writes the true load */
};

/* Meetings from before the table media_servers are on the first server. */
static bool is_older(const struct meeting *meeting)
{
	return meeting->token_until != TIME_NONE;
}

/* An active server is better than a lost one. The candidates hold a lost one only if there is no
 * other. */
static const struct media_server_row *better(const struct media_server_row two[static 2])
{
	if (strcmp(two[0].state, two[1].state) != 0)
		return &two[0];
	return two[1].load < two[0].load ? &two[1] : &two[0];
}

static bool server_choose(struct service *service, struct arena *arena,
    const struct meeting *meeting, struct media_server_row *row, struct error *error)
{
	struct media_server_row two[2];
	size_t count;

	if (is_older(meeting))
		return media_server_read(service, arena, NULL, row, error);
	if (!db_once(service->db, error,
		media_servers_candidates(service->db, arena, service->provider->name, two, &count)))
		return false;
	if (count == 0)
		return error_set(
		    error, ERROR_UNAVAILABLE, "No media server takes new meetings now.");
	*row = count == 1 ? two[0] : *better(two);
	return true;
}

static enum db_outcome place(struct db *db, const struct meeting *meeting, const char *server)
{
	bool placed;

	DB_TRY(meeting_place(db, meeting->id, server, &placed));
	return placed ? media_server_load_add(db, server, LOAD_OF_MEETING) : DB_OK;
}

bool placement_make(struct service *service, struct arena *arena, struct meeting *meeting,
    struct media_server_row *row, struct error *error)
{
	struct db *db = service->db;
	struct meeting now;
	bool found;

	if (meeting->server != NULL)
		return media_server_read(service, arena, meeting->server, row, error);
	if (!server_choose(service, arena, meeting, row, error) ||
	    !db_once(db, error, place(db, meeting, row->server.name)) ||
	    !session_meeting(service, arena, meeting->session_id, &now, &found, error))
		return false;
	meeting->server = found ? now.server : row->server.name;
	return strcmp(meeting->server, row->server.name) == 0 ||
	       media_server_read(service, arena, meeting->server, row, error);
}
