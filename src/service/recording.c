/* Having the provider record a meeting as its row says. */
#include "service/recording.h"

#include <string.h>

#include "archive/recordings.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "service/meeting_events.h"
#include "service/session.h"
#include "store/job_kinds.h"
#include "store/meetings.h"

enum {
	FOLLOW_TRIES = 5, /* how often the row may change while it is followed */
};

bool recording_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

void recording_end_report(const struct archive_end *end)
{
	if (end->reason != NULL)
		log_event("warning", "a recording has stopped: %s", end->reason);
	if (end->failed)
		metrics_count(METRICS_RECORDING_FAILED);
}

void recording_prepare(const struct service *service, const char *archive_id)
{
	const char *dir = service->config.recordings_dir;

	if (archive_id != NULL && *dir != '\0')
		recordings_prepare(dir, archive_id);
}

enum db_outcome recording_begin(
    struct service *service, struct arena *arena, const char *session_id, int64_t at, int64_t now)
{
	struct db *db = service->db;
	struct meeting meeting;
	bool begun, found;

	DB_TRY(archive_begin(db, session_id, recordings_host(&service->config), at, now, &begun));
	if (!begun)
		return DB_OK;
	DB_TRY(meeting_find_session(db, arena, session_id, &meeting, &found));
	DB_TRY(meeting_event_add_recording(
	    db, arena, session_id, MEETING_EVENT_RECORDING_STARTED, meeting.archive_id, NULL, at));
	if (meeting.end_time == TIME_NONE)
		return DB_OK;
	return meeting_event_add_recording(db, arena, session_id, MEETING_EVENT_RECORDING_STOPPED,
	    meeting.archive_id, NULL, meeting.end_time);
}

enum db_outcome recordings_end(
    struct db *db, struct arena *arena, const char *session_id, int64_t at)
{
	const char **archive_ids;
	size_t count;

	DB_TRY(archives_running(db, arena, session_id, &archive_ids, &count));
	DB_TRY(archives_stop(db, session_id, at, at));
	for (size_t i = 0; i < count; i++)
		DB_TRY(meeting_event_add_recording(db, arena, session_id,
		    MEETING_EVENT_RECORDING_STOPPED, archive_ids[i], NULL, at));
	return DB_OK;
}

enum db_outcome recording_found(
    struct service *service, struct arena *arena, const char *session_id, int64_t at, int64_t now)
{
	bool found; /* not when it is deleted: its recording is kept all the same */

	DB_TRY(meeting_touch(service->db, session_id, &found));
	return recording_begin(service, arena, session_id, at, now);
}

enum db_outcome recording_end_keep(struct db *db, struct arena *arena,
    const struct archive *archive, const struct archive_end *end, int64_t now, bool *changed)
{
	bool found;

	DB_TRY(meeting_touch(db, archive->session_id, &found));
	DB_TRY(archive_end_set(db, archive->id, end, now, changed));
	if (!*changed || !end->failed)
		return DB_OK;
	return meeting_event_add_recording(db, arena, archive->session_id,
	    MEETING_EVENT_RECORDING_FAILED, archive->archive_id, end->reason, now);
}

bool recording_follow(struct service *service, struct arena *arena, const char *session_id,
    const char *told, struct error *error)
{
	const struct provider *provider = service->provider;

	if (provider->recording_set == NULL)
		return true;
	for (int i = 0; i <= FOLLOW_TRIES; i++) {
		struct meeting meeting;
		const char *wish;
		bool found;

		if (!session_meeting(service, arena, session_id, &meeting, &found, error))
			return false;
		if (!found || meeting.deleted || meeting.end_time != TIME_NONE)
			return true;
		/* Without a place for recordings there are none. */
		wish = *service->config.recordings_dir == '\0' ? NULL : meeting.recording_id;
		if (recording_same(wish, told))
			return true;
		recording_prepare(service, wish);
		if (i < FOLLOW_TRIES && !provider->recording_set(service->provider_state, arena,
					    session_id, wish, error))
			return false;
		told = wish;
	}
	log_event("warning", "what is to be recorded changes all the time; the job looks at it");
	return db_once(
	    service->db, error, job_put_reconcile(service->db, clock_now(), clock_now()));
}
