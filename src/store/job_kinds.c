/* The kinds of jobs there are, the lane of each, and how each is put into the table. */
#include "store/job_kinds.h"

#include <string.h>

static const struct {
	const char *kind, *lane;
} kinds[] = {
    {JOB_ROOM_END, LANE_CONTROL},
    {JOB_ROOMS, LANE_CONTROL},
    {JOB_RECONCILE, LANE_CONTROL},
    {JOB_RECORDING_SIZES, LANE_MEDIA},
    {JOB_RECORDING_DELETE, LANE_MEDIA},
    {JOB_EXPIRE, LANE_UPKEEP},
    {JOB_RETENTION, LANE_UPKEEP},
};

/* LANE_DELIVERY has no kinds yet: no process waits for nothing. */
const char *const job_lanes[] = {LANE_CONTROL, LANE_MEDIA, LANE_UPKEEP};
const size_t job_lane_count = sizeof job_lanes / sizeof job_lanes[0];

const char *job_kind_lane(const char *kind)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].lane;
	}
	return LANE_CONTROL;
}

enum db_outcome job_put_room_end(struct db *db, const char *session_id, int64_t due, int64_t now)
{
	return job_put(db, JOB_ROOM_END, session_id, NULL, due, now);
}

enum db_outcome job_put_recording_sizes(
    struct db *db, const char *session_id, const char *host, int64_t due, int64_t now)
{
	return job_put(db, JOB_RECORDING_SIZES, session_id, host, due, now);
}

enum db_outcome job_put_recording_delete(
    struct db *db, const char *archive_id, const char *host, int64_t due, int64_t now)
{
	return job_put(db, JOB_RECORDING_DELETE, archive_id, host, due, now);
}

enum db_outcome job_put_reconcile(struct db *db, int64_t due, int64_t now)
{
	return job_put(db, JOB_RECONCILE, "", NULL, due, now);
}

enum db_outcome job_put_rooms(struct db *db, int64_t due, int64_t now)
{
	return job_put(db, JOB_ROOMS, "", NULL, due, now);
}
