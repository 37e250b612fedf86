/* Recording: starts and stops it, and makes the provider follow the meeting's row. */
#include "service/recording.h"

#include <string.h>

#include "archive/recordings.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "meeting/schedule.h"
#include "service/audit.h"
#include "service/ids.h"
#include "service/lookup.h"
#include "service/meeting_events.h"
#include "service/processing.h"
#include "service/session.h"
#include "store/job_kinds.h"
#include "store/meetings.h"

enum {
	FOLLOW_TRIES = 5, /* how often the row may change meanwhile */
};

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
	DB_TRY(archive_process(db, meeting.archive_id, recordings_host(&service->config), now));
	return meeting_event_add_recording(db, arena, session_id, MEETING_EVENT_RECORDING_STOPPED,
	    meeting.archive_id, NULL, meeting.end_time);
}

void recording_measure(const struct config *config, const char *session_id, const char *archive_id,
    struct archive_end *end)
{
	*end = (struct archive_end){0};
	if (!recordings_here(config))
		return;
	end->size = recordings_tracks_size(config->recordings_dir, archive_id, session_id);
	end->reason = recordings_fault(config, end->size);
	end->failed = end->size == 0;
}

enum db_outcome recording_stopped(
    struct db *db, struct arena *arena, const struct recording_end *end, bool *done)
{
	const char *host;

	DB_TRY(
	    archive_stop(db, end->archive_id, &end->end, end->at, end->now, end->request_id, done));
	if (!*done)
		return DB_OK;
	DB_TRY(meeting_event_add_recording(db, arena, end->session_id,
	    MEETING_EVENT_RECORDING_STOPPED, end->archive_id, NULL, end->at));
	if (!end->end.failed) {
		DB_TRY(archive_host_find(db, arena, end->archive_id, &host));
		DB_TRY(archive_process(db, end->archive_id, host, end->now));
	}
	if (!end->end.failed && !end->tell)
		return DB_OK;
	return meeting_event_add_recording(db, arena, end->session_id,
	    MEETING_EVENT_RECORDING_FAILED, end->archive_id, end->end.reason, end->now);
}

enum db_outcome recordings_end(
    struct db *db, struct arena *arena, const char *session_id, int64_t at)
{
	const char **archive_ids;
	size_t count;

	DB_TRY(archives_running(db, arena, session_id, &archive_ids, &count));
	DB_TRY(archives_stop(db, session_id, at, at));
	for (size_t i = 0; i < count; i++) {
		const char *host;

		DB_TRY(archive_host_find(db, arena, archive_ids[i], &host));
		DB_TRY(archive_process(db, archive_ids[i], host, at));
		DB_TRY(meeting_event_add_recording(db, arena, session_id,
		    MEETING_EVENT_RECORDING_STOPPED, archive_ids[i], NULL, at));
	}
	return DB_OK;
}

enum db_outcome recording_found(
    struct service *service, struct arena *arena, const char *session_id, int64_t at, int64_t now)
{
	bool found; /* false for a deleted meeting: its recording is kept too */

	DB_TRY(meeting_touch(service->db, session_id, &found));
	return recording_begin(service, arena, session_id, at, now);
}

enum db_outcome recording_end_keep(struct db *db, struct arena *arena,
    const struct archive *archive, const struct archive_end *end, int64_t now, bool *changed)
{
	bool found;

	DB_TRY(meeting_touch(db, archive->session_id, &found));
	DB_TRY(archive_end_set(db, archive->id, end, now, changed));
	if (!*changed)
		return DB_OK;
	if (!end->failed)
		return archive_process(db, archive->archive_id, archive->host, now);
	return meeting_event_add_recording(db, arena, archive->session_id,
	    MEETING_EVENT_RECORDING_FAILED, archive->archive_id, end->reason, now);
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
		/* Without RECORDINGS_DIR nothing is recorded. */
		wish = *service->config.recordings_dir == '\0' ? NULL : meeting.recording_id;
		if (text_equal(wish, told))
			return true;
		recording_prepare(service, wish);
		if (!session_refer(service, arena, meeting.server, session_id, &session, error))
			return false;
		if (i < FOLLOW_TRIES &&
		    !provider->recording_set(service->provider_state, arena, &session, wish, error))
			return false;
		told = wish;
	}
	log_event(
	    "warning", "a meeting changes its recording all the time; a job corrects the room");
	return db_once(service->db, error,
	    job_put_reconcile(service->db, session.server.name, clock_now(), clock_now()));
}

/* One request to start or stop a recording. */
struct recording {
	struct service *service;
	struct arena *arena;
	const struct act *act;
	struct meeting meeting; /* of the archive */
	struct archive archive;
	struct archive_end end;
	bool found;
	bool dropped; /* this request has removed the archive from the meeting's row */
	bool done;    /* started or stopped, by this request */
};

static enum db_outcome audit_recording(const struct recording *recording, const char *action)
{
	return audit_write(recording->service, recording->act,
	    &(struct audit_entry){
		.entity = "archive", .entity_id = recording->archive.archive_id, .action = action});
}

static enum db_outcome event_add(const struct recording *recording, enum meeting_event_type type)
{
	return meeting_event_add_recording(recording->service->db, recording->arena,
	    recording->archive.session_id, type, recording->archive.archive_id,
	    recording->end.reason, recording->act->at);
}

static bool provider_follow(const struct recording *recording, struct error *error)
{
	return recording_follow(recording->service, recording->arena, recording->archive.session_id,
	    RECORDING_UNKNOWN, error);
}

/* Reads the archive again: if the meeting has ended meanwhile, its recording has stopped. */
static bool archive_look_again(
    const struct recording *recording, struct archive *archive, struct error *error)
{
	struct db *db = recording->service->db;
	const char *archive_id = recording->archive.archive_id;
	bool found = false;

	if (!db_once(db, error,
		archive_find(
		    db, recording->arena, act_target(recording->act, archive_id), archive, &found)))
		return false;
	return found || archive_not_found(error);
}

/* Is there a folder for recordings, with enough space? */
static bool place_check(const struct config *config, struct error *error)
{
	if (*config->recordings_dir == '\0')
		return error_set(error, ERROR_UNAVAILABLE,
		    "RECORDINGS_DIR is not set: there is no place for recordings.");
	if (recordings_low(config))
		return error_set_code(error, ERROR_UNAVAILABLE, "RECORDING_NO_SPACE",
		    "There is too little space left for recordings: the operator must make room.");
	return true;
}

/* Reads the meeting, and checks the rules. */
static bool start_check(struct recording *recording, const char *meeting_link, struct error *error)
{
	struct service *service = recording->service;

	if (!lookup_meeting(service, recording->arena, recording->act, meeting_link,
		&recording->meeting, error) ||
	    !meeting_recordable(
		&recording->meeting, recording->act->at, service->config.time_to_start, error))
		return false;
	return provider_can(service->provider, FEATURE_RECORDING, "be told to record", error) &&
	       place_check(&service->config, error);
}

/* Of many requests, the conditional UPDATE succeeds in one. If this transaction runs twice, it
 * knows its own UPDATE by the archive's id. */
static enum db_outcome start_write(struct recording *recording)
{
	struct db *db = recording->service->db;
	int64_t now = recording->act->at;

	DB_TRY(meeting_recording_claim(
	    db, recording->meeting.id, recording->archive.archive_id, now, &recording->done));
	if (!recording->done)
		return DB_OK;
	DB_TRY(archive_insert(db, &recording->archive, now));
	DB_TRY(event_add(recording, MEETING_EVENT_RECORDING_STARTED));
	return audit_recording(recording, "start");
}

/* Removes all rows of the start. If the provider has started to record nevertheless, the job stops
 * it. */
static enum db_outcome start_undo(struct recording *recording)
{
	struct db *db = recording->service->db;
	const char *archive_id = recording->archive.archive_id;
	int64_t now = recording->act->at;
	bool found, dropped;

	DB_TRY(meeting_touch(db, recording->meeting.session_id, &found));
	DB_TRY(
	    meeting_recording_drop(db, recording->meeting.session_id, archive_id, now, &dropped));
	DB_TRY(archive_remove(db, archive_id));
	recording->end.reason = "The provider did not start the recording.";
	DB_TRY(event_add(recording, MEETING_EVENT_RECORDING_STOPPED));
	DB_TRY(event_add(recording, MEETING_EVENT_RECORDING_FAILED));
	return job_put_reconcile(db, recording->meeting.server, now, now);
}

static void start_take_back(struct recording *recording)
{
	const struct service *service = recording->service;
	struct error error = {0};
	bool found;

	if (!db_transact(service->db, &error, start_undo(recording)) ||
	    !recordings_delete(
		service->config.recordings_dir, recording->archive.archive_id, &found, &error))
		log_event("warning", "cannot take back a recording's start: %s", error.message);
	error_clear(&error);
}

bool recording_start(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, const struct recording_wish *wish, struct archive *archive,
    struct error *error)
{
	struct recording recording = {.service = service,
	    .arena = arena,
	    .act = act,
	    .archive = {.archive_id = archive_id_new(arena),
		.name = wish->name,
		.output_mode = wish->output_mode,
		.host = recordings_host(&service->config),
		.created_at = act->at}};

	if (!start_check(&recording, meeting_link, error))
		return false;
	recording.archive.session_id = recording.meeting.session_id;
	if (wish->name == NULL)
		recording.archive.name = recording.meeting.ext_id;
	if (!db_transact(service->db, error, start_write(&recording)))
		return false;
	if (!recording.done) {
		/* Another request was first, with a recording or with the end: the rules say which.
		 */
		return start_check(&recording, meeting_link, error) &&
		       error_set(error, ERROR_CONFLICT, "The meeting is being recorded already.");
	}
	if (!provider_follow(&recording, error)) {
		start_take_back(&recording);
		return false;
	}
	return archive_look_again(&recording, archive, error);
}

/* The meeting's row changes first, as at the start: the provider follows the committed row. */
static enum db_outcome stop_claim(struct recording *recording)
{
	struct db *db = recording->service->db;
	const struct archive *archive = &recording->archive;

	DB_TRY(meeting_recording_drop(
	    db, archive->session_id, archive->archive_id, recording->act->at, &recording->dropped));
	return meeting_find_session(
	    db, recording->arena, archive->session_id, &recording->meeting, &recording->found);
}

static enum db_outcome stop_undo(const struct recording *recording)
{
	const struct archive *archive = &recording->archive;

	return meeting_recording_restore(
	    recording->service->db, archive->session_id, archive->archive_id, recording->act->at);
}

/* The provider is out of reach: restores the row, unless another request has stopped the recording.
 */
static void stop_take_back(const struct recording *recording)
{
	struct error error = {0};

	if (!db_transact(recording->service->db, &error, stop_undo(recording)))
		log_event("warning", "cannot take back a recording's stop: %s", error.message);
	error_clear(&error);
}

static enum db_outcome stop_write(struct recording *recording)
{
	struct db *db = recording->service->db;
	const struct act *act = recording->act;
	const struct archive *archive = &recording->archive;
	const struct recording_end end = {.session_id = archive->session_id,
	    .archive_id = archive->archive_id,
	    .at = act->at,
	    .now = act->at,
	    .request_id = act->request_id,
	    .end = recording->end};
	bool found;

	DB_TRY(meeting_touch(db, archive->session_id, &found));
	/* Again: another stop, whose provider did not answer, may have restored the row. */
	DB_TRY(meeting_recording_drop(
	    db, archive->session_id, archive->archive_id, act->at, &recording->dropped));
	if (recording->dropped)
		DB_TRY(job_put_reconcile(db, recording->meeting.server, act->at, act->at));
	DB_TRY(recording_stopped(db, recording->arena, &end, &recording->done));
	return recording->done ? audit_recording(recording, "stop") : DB_OK;
}

static bool not_recording(struct error *error)
{
	return error_set(error, ERROR_CONFLICT, "The archive is not being recorded.");
}

bool recording_stop(struct service *service, struct arena *arena, const struct act *act,
    const char *archive_id, struct archive *archive, struct error *error)
{
	struct recording recording = {.service = service, .arena = arena, .act = act};

	if (!lookup_archive(service, arena, act, archive_id, &recording.archive, error))
		return false;
	if (!archive_is_recording(&recording.archive))
		return not_recording(error);
	if (!db_transact(service->db, error, stop_claim(&recording)))
		return false;
	/* If another recording has started since, the provider has its order already. */
	if (recording.meeting.recording_id == NULL && !provider_follow(&recording, error)) {
		stop_take_back(&recording);
		return false;
	}
	recording_measure(&service->config, recording.archive.session_id,
	    recording.archive.archive_id, &recording.end);
	if (!db_transact(service->db, error, stop_write(&recording)))
		return false;
	if (!recording.done)
		return not_recording(error);
	recording_end_report(&recording.end);
	return archive_look_again(&recording, archive, error);
}
