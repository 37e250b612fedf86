/* The job rooms: after the provider was restarted, makes the rooms of the meetings that go on
 * again, with everybody's tokens, so that the tokens people have still work. */
#include "base/clock.h"
#include "job/handlers.h"
#include "service/job_keep.h"
#include "service/room_remake.h"
#include "store/meetings.h"

enum {
	PAGE = 100, /* meetings read at once */
};

bool job_rooms(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	struct db *db = service->db;
	struct meeting *meetings;
	int64_t after = 0;
	size_t count;

	do {
		db_deadline_start(db);
		if (!db_once(db, error,
			meetings_running(db, arena, clock_now(), after, PAGE, &meetings, &count)))
			return false;
		for (size_t i = 0; i < count; i++) {
			if (!job_keep(service, job, error) ||
			    !room_remake(service, arena, &meetings[i], error))
				return false;
			after = meetings[i].id;
		}
	} while (count == PAGE);
	return true;
}
