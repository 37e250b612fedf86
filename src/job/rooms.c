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

struct page {
	struct arena *arena;
	int64_t after;
	struct meeting *meetings;
	size_t count;
};

static enum db_outcome page_find(struct db *db, void *context)
{
	struct page *page = context;

	return meetings_running(
	    db, page->arena, clock_now(), page->after, PAGE, &page->meetings, &page->count);
}

bool job_rooms(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	struct page page = {.arena = arena};

	do {
		db_deadline_start(service->db);
		if (!db_run_plain(service->db, page_find, &page, error))
			return false;
		for (size_t i = 0; i < page.count; i++) {
			if (!job_keep(service, job, error) ||
			    !room_remake(service, arena, &page.meetings[i], error))
				return false;
			page.after = page.meetings[i].id;
		}
	} while (page.count == PAGE);
	return true;
}
