/* Having the provider record a meeting as its row says. */
#include "service/recording.h"

#include <string.h>

#include "archive/recordings.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "service/session.h"
#include "store/job_kinds.h"

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

bool recording_follow(struct service *service, struct arena *arena, const char *session_id,
    const char *told, struct error *error)
{
	const struct provider *provider = service->provider;
	struct session_ref session;

	if ((provider->features & FEATURE_RECORDING) == 0)
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
		if (!session_refer(service, arena, meeting.server, session_id, &session, error))
			return false;
		if (i < FOLLOW_TRIES && !provider->recording_set(service->provider_state, arena,
					    &session, wish, error))
			return false;
		told = wish;
	}
	log_event("warning", "what is to be recorded changes all the time; the job looks at it");
	return db_once(
	    service->db, error,
	    job_put_reconcile(service->db, session.server.name, clock_now(), clock_now()));
}
