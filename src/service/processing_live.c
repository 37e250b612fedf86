/* Composing during the call: segments that are over are encoded while the recording goes on, so
 * that little is left to do after its end. Nothing here changes the archive's row. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/processing.h"
#include "service/processing_segments.h"
#include "store/job_kinds.h"

/* What was recorded after this may still get another place in time: the times of pictures come from
 * the packets of 30 s before and after them. */
#define SETTLED MINUTE

enum {
	PERCENT = 100,
};

/* Is the machine busy with something else? Calls come first. */
static bool machine_busy(const struct config *config)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	double load;

	return getloadavg(&load, 1) == 1 && cores > 0 &&
	       load * PERCENT / (double)cores >= (double)config->recording_live_load;
}

/* May the next segment be made? Recordings that have stopped come first: people wait for them. */
static bool may_go_on(struct processing *processing, bool *may, struct error *error)
{
	struct db *db = processing->service->db;
	const struct config *config = &processing->service->config;
	bool waiting = false;

	*may = false;
	db_deadline_start(db);
	if (!db_once(db, error, jobs_process_due(db, config->host_name, clock_now(), &waiting)))
		return false;
	*may = !waiting && !machine_busy(config);
	return true;
}

/* How many segments of the plan are over, and will be the same in the plan after the call. */
static size_t segments_settled(const struct composition *run, int64_t now)
{
	int64_t until = now - run->processing.archive.created_at - SETTLED;
	size_t count = 0;

	while (count < run->plan.segment_count &&
	       segment_time(run->plan.segments[count].first + run->plan.segments[count].frames) <=
		   until)
		count++;
	return count;
}

static bool segments_make(struct composition *run, int64_t now, struct error *error)
{
	struct processing *processing = &run->processing;
	size_t count = segments_settled(run, now);
	bool may = true;

	processing->work = 0; /* there is no progress to tell */
	if (count > 0 && !composition_labels(run, error))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!may_go_on(processing, &may, error))
			return false;
		if (!may)
			return true;
		if (!composition_segment(run, i, error))
			return false;
	}
	return true;
}

static bool work(struct composition *run, struct error *error)
{
	struct processing *processing = &run->processing;
	int64_t now = clock_now(); /* before the tracks are read: later media may be missing */
	const char *tracks = NULL;
	bool may;

	if (!processing_ready(processing, error) || !may_go_on(processing, &may, error))
		return false;
	return !may || (processing_tracks_make(processing, &tracks, error) &&
			   composition_open(run, tracks, error) && segments_make(run, now, error));
}

/* A fault of a program is no reason to try again at once: the next run does, or the one after the
 * call. */
bool archive_live(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	struct composition run = {
	    .processing = {.service = service, .arena = arena, .job = job, .live = true}};
	struct processing *processing = &run.processing;

	if (!service->config.recording_live || machine_busy(&service->config))
		return true;
	if (!processing_open(processing, error))
		return false;
	if (!processing->found || strcmp(processing->archive.status, "started") != 0 ||
	    processing->folder == NULL)
		return true;
	if (work(&run, error))
		return true;
	/* ERROR_CONFLICT, and no other worker has the job: the recording has stopped. */
	if (job->lease->lost || (processing->fault == FAULT_NONE && error->kind != ERROR_CONFLICT))
		return false;
	if (processing->fault != FAULT_NONE)
		log_event("warning", "archive %s cannot be composed during the call: %s",
		    processing->archive.archive_id, error->message);
	error_clear(error);
	return true;
}
