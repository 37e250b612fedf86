/* POST /session/{meetingLinkId}/archives and PATCH /archives/{archiveId}/stop: recording at will.
 */
#include <string.h>

#include "api/archives.h"
#include "api/body.h"
#include "api/metadata.h"
#include "api/routes.h"
#include "archive/recordings.h"
#include "base/log.h"
#include "meeting/schedule.h"
#include "service/recording.h"
#include "store/audit_logs.h"
#include "store/job_kinds.h"
#include "store/meetings.h"

struct recording {
	struct call *call;
	struct meeting meeting; /* of the archive */
	struct archive archive;
	struct archive_end end;
	bool found;
	bool dropped; /* the meeting's row has named this archive until now */
	bool done;    /* started or stopped, by this request */
};

static enum db_outcome audit_recording(
    struct db *db, const struct recording *recording, const char *action)
{
	struct call *call = recording->call;

	if (!call->service->config.audit_log)
		return DB_OK;
	return audit_add(db, &(struct audit){.entity = "archive",
				 .entity_id = recording->archive.archive_id,
				 .action = action,
				 .actor = call->principal.actor,
				 .tenant = call->principal.tenant,
				 .request_id = call->request->id,
				 .acted_at = call->now});
}

static bool provider_follow(const struct recording *recording, struct error *error)
{
	struct call *call = recording->call;

	return recording_follow(
	    call->service, call->arena, recording->archive.session_id, RECORDING_UNKNOWN, error);
}

/* The rules, on the meeting as it is just now. */
static bool start_check(struct recording *recording, struct error *error)
{
	struct call *call = recording->call;
	const struct service *service = call->service;
	struct db *db = service->db;

	if (!db_once(db, error,
		meeting_find(
		    db, call->arena, call_target(call), &recording->meeting, &recording->found)))
		return false;
	if (!recording->found || recording->meeting.deleted)
		return meeting_not_found(error);
	if (!meeting_recordable(
		&recording->meeting, call->now, service->config.time_to_start, error))
		return false;
	if (!provider_can(service->provider, FEATURE_RECORDING, "be told to record", error))
		return false;
	if (*service->config.recordings_dir == '\0')
		return error_set(error, ERROR_UNAVAILABLE,
		    "RECORDINGS_DIR is not set: there is no place for recordings.");
	if (recordings_low(&service->config))
		return error_set_code(error, ERROR_UNAVAILABLE, "RECORDING_NO_SPACE",
		    "There is too little space left for recordings: the operator must make room.");
	return true;
}

/* The conditional UPDATE lets one of many through; the archive's id, made before, tells a second
 * try of this transaction. */
static enum db_outcome start_write(struct db *db, void *context)
{
	struct recording *recording = context;
	const struct call *call = recording->call;

	DB_TRY(meeting_recording_claim(
	    db, recording->meeting.id, recording->archive.archive_id, call->now, &recording->done));
	if (!recording->done)
		return DB_OK;
	DB_TRY(archive_insert(db, &recording->archive, call->now));
	return audit_recording(db, recording, "start");
}

/* Nothing of it is left; should the provider have understood after all, the job corrects it. */
static enum db_outcome start_undo(struct db *db, void *context)
{
	const struct recording *recording = context;
	const struct call *call = recording->call;
	const char *archive_id = recording->archive.archive_id;
	bool dropped;

	DB_TRY(meeting_recording_drop(
	    db, recording->meeting.session_id, archive_id, call->now, &dropped));
	DB_TRY(archive_remove(db, archive_id));
	return job_put_reconcile(db, recording->meeting.server, call->now, call->now);
}

static void start_take_back(struct recording *recording)
{
	const struct service *service = recording->call->service;
	struct error error = {0};
	bool found;

	if (!db_run(service->db, start_undo, recording, &error) ||
	    !recordings_delete(
		service->config.recordings_dir, recording->archive.archive_id, &found, &error))
		log_event("warning", "cannot take back a recording's start: %s", error.message);
	error_clear(&error);
}

static bool start_wish(struct call *call, struct archive *archive, struct error *error)
{
	struct body body = body_open(call->body, error);

	*archive = (struct archive){.archive_id = archive_id_new(call->arena),
	    .host = recordings_host(&call->service->config),
	    .created_at = call->now};
	body_visible_text(&body, call->arena, "name", NAME_MAX_LENGTH, &archive->name);
	return body_close(&body);
}

/* The row as it is by now: a meeting that has ended meanwhile has stopped its recording. */
static bool recording_answer(struct recording *recording, struct error *error)
{
	struct call *call = recording->call;
	struct db *db = call->service->db;
	const struct target target = {call_scope(call), recording->archive.archive_id};

	if (!db_once(db, error,
		archive_find(db, call->arena, target, &recording->archive, &recording->found)))
		return false;
	if (!recording->found)
		return archive_not_found(error);
	archive_answer(recording->call, &recording->archive);
	return true;
}

bool archive_start(struct call *call, struct error *error)
{
	struct recording recording = {.call = call};
	struct db *db = call->service->db;

	if (!start_wish(call, &recording.archive, error) || !start_check(&recording, error))
		return false;
	recording.archive.session_id = recording.meeting.session_id;
	if (recording.archive.name == NULL)
		recording.archive.name = recording.meeting.ext_id;
	if (!db_run(db, start_write, &recording, error))
		return false;
	if (!recording.done) {
		/* Somebody was quicker, with a recording or with the end: the rules say which. */
		return start_check(&recording, error) &&
		       error_set(error, ERROR_CONFLICT, "The meeting is being recorded already.");
	}
	if (!provider_follow(&recording, error)) {
		start_take_back(&recording);
		return false;
	}
	return recording_answer(&recording, error);
}

/* The meeting's row first, as when starting: the provider follows what is committed. */
static enum db_outcome stop_claim(struct db *db, void *context)
{
	struct recording *recording = context;
	const struct archive *archive = &recording->archive;
	const struct call *call = recording->call;

	DB_TRY(meeting_recording_drop(
	    db, archive->session_id, archive->archive_id, call->now, &recording->dropped));
	return meeting_find_session(
	    db, call->arena, archive->session_id, &recording->meeting, &recording->found);
}

static enum db_outcome stop_undo(struct db *db, void *context)
{
	const struct recording *recording = context;
	const struct archive *archive = &recording->archive;

	return meeting_recording_restore(
	    db, archive->session_id, archive->archive_id, recording->call->now);
}

/* The provider is out of reach: nothing has changed, unless somebody else has stopped it. */
static void stop_take_back(struct recording *recording)
{
	const struct service *service = recording->call->service;
	struct error error = {0};

	if (!db_run(service->db, stop_undo, recording, &error))
		log_event("warning", "cannot take back a recording's stop: %s", error.message);
	error_clear(&error);
}

static enum db_outcome stop_write(struct db *db, void *context)
{
	struct recording *recording = context;
	const struct call *call = recording->call;
	const struct archive *archive = &recording->archive;

	/* Again, since a request whose provider did not answer may have taken its part back. */
	DB_TRY(meeting_recording_drop(
	    db, archive->session_id, archive->archive_id, call->now, &recording->dropped));
	DB_TRY(archive_stop(db, archive->archive_id, &recording->end, call->now, call->request->id,
	    &recording->done));
	if (recording->dropped)
		DB_TRY(job_put_reconcile(
		    db, recording->meeting.server, call->now, call->now));
	return recording->done ? audit_recording(db, recording, "stop") : DB_OK;
}

/* Files that are on another host are counted there, when the meeting has ended. */
static void end_find(struct recording *recording)
{
	const struct config *config = &recording->call->service->config;
	struct archive_end *end = &recording->end;

	if (!recordings_here(config))
		return;
	end->size = recordings_size(config->recordings_dir, recording->archive.archive_id);
	end->reason = recordings_fault(config, end->size);
	end->failed = end->size == 0;
}

static bool not_recording(struct error *error)
{
	return error_set(error, ERROR_CONFLICT, "The archive is not being recorded.");
}

bool archive_stop_recording(struct call *call, struct error *error)
{
	struct recording recording = {.call = call};
	struct db *db = call->service->db;

	if (!archive_read(call, &recording.archive, error))
		return false;
	if (!archive_recording(&recording.archive))
		return not_recording(error);
	if (!db_run(db, stop_claim, &recording, error))
		return false;
	/* Where another recording has begun since, the provider was told of that. */
	if (recording.meeting.recording_id == NULL && !provider_follow(&recording, error)) {
		stop_take_back(&recording);
		return false;
	}
	end_find(&recording);
	if (!db_run(db, stop_write, &recording, error))
		return false;
	if (!recording.done)
		return not_recording(error);
	recording_end_report(&recording.end);
	return recording_answer(&recording, error);
}
