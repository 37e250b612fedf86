/* Jobs: the kinds, and their lanes. */
#include "meeting/job.h"

#include <string.h>

static const struct {
	const char *kind, *lane;
} kinds[] = {
    {JOB_ROOM_END, LANE_CONTROL},
    {JOB_ROOMS, LANE_CONTROL},
    {JOB_EVENTS, LANE_CONTROL},
    {JOB_RECONCILE, LANE_CONTROL},
    /* Not in LANE_MEDIA: a recording that is composed must not delay it. */
    {JOB_RECORDINGS, LANE_CONTROL},
    {JOB_RECORDING_SIZES, LANE_MEDIA},
    {JOB_RECORDING_DELETE, LANE_MEDIA},
    {JOB_TRACKS_DELETE, LANE_MEDIA},
    {JOB_ARCHIVE_TRACKS, LANE_MEDIA},
    {JOB_ARCHIVE_COMPOSE, LANE_COMPOSE},
    {JOB_ARCHIVE_LIVE, LANE_COMPOSE},
    {JOB_TRACKS_EXPIRE, LANE_MEDIA},
    {JOB_ARCHIVE_UPLOAD, LANE_MEDIA},
    {JOB_OBJECTS_DELETE, LANE_MEDIA},
    {JOB_EXPIRE, LANE_UPKEEP},
    {JOB_RETENTION, LANE_UPKEEP},
};

/* LANE_DELIVERY has no kinds yet, and so needs no process. */
const char *const job_lanes[] = {LANE_CONTROL, LANE_MEDIA, LANE_COMPOSE, LANE_UPKEEP};
const size_t job_lane_count = sizeof job_lanes / sizeof job_lanes[0];

const char *job_kind_lane(const char *kind)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].lane;
	}
	return LANE_CONTROL;
}

const char *job_server(const struct job *job)
{
	return *job->subject == '\0' ? NULL : job->subject;
}
