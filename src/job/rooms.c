/* The job rooms: after a media server was restarted, makes the rooms of the meetings that go on
 * there again, with everybody's tokens, so that the tokens people have still work. */
#include "base/clock.h"
#include "job/handlers.h"
#include "service/job_keep.h"
#include "service/media_servers.h"
#include "service/room_remake.h"
#include "store/job_kinds.h"
#include "store/meetings.h"

enum {
	PAGE = 100, /* meetings read at once */
};

bool job_rooms(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	struct db *db = service->db;
	struct running_query query = {.limit = PAGE};
	struct media_server_row row;
	struct meeting *meetings;
	size_t count;

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
