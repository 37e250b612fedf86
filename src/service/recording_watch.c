/* Watches the recordings that go on. */
#include "service/recording_watch.h"

#include "archive/recordings.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "service/ids.h"
#include "service/job_keep.h"
#include "service/meeting_events.h"
#include "service/recording.h"
#include "service/session.h"
#include "store/meetings.h"
#include "store/job_kinds.h"
#include "store/running_recordings.h"

/* A track's first bytes may lie in Janus' memory for 3 s: it writes 4,096 bytes at once, and
 * silence has 1,650 bytes a second. Together with the interval of the job this is under 10 s. */
#define SILENCE_LIMIT (5 * SECOND)
#define LIVE_INTERVAL (3 * MINUTE)

#define REASON_SPACE  "The recording was stopped: the disk for recordings is nearly full."
#define REASON_SILENT "Sound or pictures come, but nothing of them is being recorded."

/* One recording that the service stops. */
struct stop {
	struct service *service;
	struct arena *arena;
	const struct running_recording *recording;
	int64_t idle_before; /* the room must be empty since then; TIME_NONE: any room */
	const char *next;    /* a new id: of the next archive, and of this stop */
	const char *reason;  /* what is wrong; NULL: nothing */
	int64_t at;          /* when it stopped */
	struct archive_end end;
	bool wanted;
	bool done;
};

/* The meeting's row changes first, and the provider follows it. If this transaction runs twice, the
 * second run changes nothing. */
static enum db_outcome stop_claim(struct stop *stop)
{
	const struct running_recording *recording = stop->recording;
	struct db *db = stop->service->db;
	int64_t now = clock_now();
	bool found, changed = false;

	DB_TRY(meeting_touch(db, recording->session_id, &found));
	stop->at = now;
	if (stop->idle_before != TIME_NONE) {
		/* Again, with the row locked: somebody may have come. */
		DB_TRY(
		    recording_empty_since(db, recording->archive_id, stop->idle_before, &stop->at));
		stop->wanted = stop->at != TIME_NONE;
		if (!stop->wanted)
			return DB_OK;
		DB_TRY(meeting_recording_renew(
		    db, recording->session_id, recording->archive_id, stop->next, now, &changed));
	}
	stop->wanted = true;
	return changed ? DB_OK
		       : meeting_recording_drop(
			     db, recording->session_id, recording->archive_id, now, &changed);
}

static enum db_outcome stop_write(struct stop *stop)
{
	const struct recording_end end = {.session_id = stop->recording->session_id,
	    .archive_id = stop->recording->archive_id,
	    .at = stop->at,
	    .now = clock_now(),
	    .request_id = stop->next,
	    .end = stop->end,
	    .tell = stop->reason != NULL};
	struct db *db = stop->service->db;
	bool found;

	DB_TRY(meeting_touch(db, end.session_id, &found));
	return recording_stopped(db, stop->arena, &end, &stop->done);
}

static bool recording_end_now(struct stop *stop, struct error *error)
{
	struct service *service = stop->service;
	const struct running_recording *recording = stop->recording;

	stop->next = archive_id_new(stop->arena);
	db_deadline_start(service->db);
	if (!db_transact(service->db, error, stop_claim(stop)))
		return false;
	if (!stop->wanted)
		return true;
	if (!recording_follow(
		service, stop->arena, recording->session_id, RECORDING_UNKNOWN, error))
		return false;
	recording_measure(
	    &service->config, recording->session_id, recording->archive_id, &stop->end);
	if (stop->reason != NULL && !stop->end.failed)
		stop->end.reason = stop->reason;
	if (!db_transact(service->db, error, stop_write(stop)))
		return false;
	if (stop->done)
		recording_end_report(&stop->end);
	return true;
}

bool recordings_idle_stop(struct service *service, struct arena *arena, const struct job *job,
    const char *server, struct error *error)
{
	int64_t before = clock_now() - service->config.recording_idle;
	struct running_recording *recordings = NULL;
	size_t count = 0;

	if (service->config.recording_idle == 0)
		return true;
	db_deadline_start(service->db);
	if (!db_once(service->db, error,
		recordings_idle(service->db, arena, server, before, &recordings, &count)))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct stop stop = {.service = service,
		    .arena = arena,
		    .recording = &recordings[i],
		    .idle_before = before};

		if (!job_keep(service, job, error) || !recording_end_now(&stop, error))
			return false;
		if (stop.done)
			log_event("info", "the recording of an empty meeting was stopped");
	}
	return true;
}

/* Stops all recordings on this host. */
static bool space_stop(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	struct running_recording *recordings = NULL;
	size_t count = 0;

	if (!db_once(service->db, error,
		recordings_running_on(
		    service->db, arena, service->config.host_name, false, &recordings, &count)))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct stop stop = {.service = service,
		    .arena = arena,
		    .recording = &recordings[i],
		    .idle_before = TIME_NONE,
		    .reason = REASON_SPACE};

		if (!job_keep(service, job, error) || !recording_end_now(&stop, error))
			return false;
		if (stop.done)
			metrics_count(METRICS_RECORDING_STOPPED);
	}
	return true;
}

/* A recording without a byte. */
struct silence {
	struct service *service;
	struct arena *arena;
	const struct running_recording *recording;
	int64_t size;
	bool changed;
};

static enum db_outcome written_keep(struct silence *silence)
{
	const struct running_recording *recording = silence->recording;
	struct db *db = silence->service->db;
	int64_t now = clock_now();
	bool found;

	DB_TRY(meeting_touch(db, recording->session_id, &found));
	DB_TRY(recording_written(db, recording->archive_id, silence->size, now, &silence->changed));
	if (!silence->changed || recording->reason == NULL)
		return DB_OK;
	return meeting_event_add_recording(db, silence->arena, recording->session_id,
	    MEETING_EVENT_RECORDING_RECOVERED, recording->archive_id, NULL, now);
}

static enum db_outcome silence_tell(struct silence *silence)
{
	const struct running_recording *recording = silence->recording;
	struct db *db = silence->service->db;
	int64_t now = clock_now();
	bool found;

	DB_TRY(meeting_touch(db, recording->session_id, &found));
	DB_TRY(recording_silence_tell(
	    db, recording->archive_id, REASON_SILENT, now, &silence->changed));
	return !silence->changed
		   ? DB_OK
		   : meeting_event_add_silent_recording(db, silence->arena, recording->session_id,
			 recording->archive_id, REASON_SILENT, now);
}

/* How many bytes of sound and pictures has the media server received from the people in the
 * meeting? */
static bool media_ask(const struct silence *silence, int64_t *bytes, struct error *error)
{
	struct service *service = silence->service;
	const struct running_recording *recording = silence->recording;
	struct session_ref session;
	const char **ids;
	size_t count = 0;

	*bytes = 0;
	if (!db_once(service->db, error,
		connections_sending(
		    service->db, silence->arena, recording->session_id, &ids, &count)))
		return false;
	if (count == 0)
		return true;
	return session_refer(service, silence->arena, recording->server, recording->session_id,
		   &session, error) &&
	       service->provider->media_received(
		   service->provider_state, silence->arena, &session, ids, count, bytes, error);
}

/* Tells the moderators when media comes for SILENCE_LIMIT, and nothing is written. */
static bool silence_check(struct silence *silence, struct error *error)
{
	const struct running_recording *recording = silence->recording;
	struct db *db = silence->service->db;
	int64_t now = clock_now(), since = recording->silent_since, bytes;

	if (recording->reason != NULL)
		return true; /* they know */
	if (!media_ask(silence, &bytes, error))
		return false;
	/* Fewer: somebody has left, or Janus counts anew. */
	if (bytes == 0 || (since != TIME_NONE && bytes <= recording->silent_bytes))
		since = TIME_NONE;
	else if (since == TIME_NONE)
		since = now;
	if (since == TIME_NONE || now - since < SILENCE_LIMIT)
		return db_once(
		    db, error, recording_silence_keep(db, recording->archive_id, since, bytes));
	if (!db_transact(db, error, silence_tell(silence)))
		return false;
	if (silence->changed) {
		metrics_count(METRICS_RECORDING_SILENT);
		log_event("error", "nothing is written of a recording, although media comes");
	}
	return true;
}

static bool recording_look(struct silence *silence, struct error *error)
{
	struct service *service = silence->service;
	const char *dir = service->config.recordings_dir;

	db_deadline_start(service->db);
	silence->size = recordings_tracks_size(
	    dir, silence->recording->archive_id, silence->recording->session_id);
	return silence->size > 0 ? db_transact(service->db, error, written_keep(silence))
				 : silence_check(silence, error);
}

/* With RECORDING_LIVE each running recording has a job that composes what is over of it. It reads
 * all tracks from their beginning, so it must not run often. */
static bool live_seed(struct service *service, struct error *error)
{
	const struct config *config = &service->config;
	int64_t now = clock_now();

	return !config->recording_live || db_once(service->db, error,
					      jobs_seed_archive_live(service->db, config->host_name,
						  now + LIVE_INTERVAL, now));
}

bool recordings_watch(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	struct running_recording *recordings = NULL;
	size_t count = 0;

	if (!recordings_here(&service->config) ||
	    (service->provider->features & FEATURE_RECORDING) == 0)
		return true;
	if (recordings_low(&service->config))
		return space_stop(service, arena, job, error);
	if (!db_once(service->db, error,
		recordings_running_on(
		    service->db, arena, service->config.host_name, true, &recordings, &count)))
		return false;
	if (!live_seed(service, error))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct silence silence = {
		    .service = service, .arena = arena, .recording = &recordings[i]};

		if (!job_keep(service, job, error) || !recording_look(&silence, error))
			return false;
	}
	return true;
}
