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
	struct request_context *context;
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
	struct request_context *context = recording->context;

	if (!context->service->config.audit_log)
		return DB_OK;
	return audit_add(db, &(struct audit){.entity = "archive",
				 .entity_id = recording->archive.archive_id,
				 .action = action,
				 .actor = context->principal.actor,
				 .tenant = context->principal.tenant,
				 .request_id = context->request->id,
				 .acted_at = context->now});
}

static bool provider_follow(const struct recording *recording, struct error *error)
{
	struct request_context *context = recording->context;

	return recording_follow(context->service, context->arena, recording->archive.session_id,
	    RECORDING_UNKNOWN, error);
}

/* The rules, on the meeting as it is just now. */
static bool start_check(struct recording *recording, struct error *error)
{
	struct request_context *context = recording->context;
	const struct service *service = context->service;
	struct db *db = service->db;

	if (!db_once(db, error,
		meeting_find(db, context->arena, context_target(context), &recording->meeting,
		    &recording->found)))
		return false;
	if (!recording->found || recording->meeting.deleted)
		return meeting_not_found(error);
	if (!meeting_recordable(
		&recording->meeting, context->now, service->config.time_to_start, error))
		return false;
	if (service->provider->recording_set == NULL)
		return error_set_code(error, ERROR_MALFORMED, "NOT_SUPPORTED",
		    "The provider of this service's media cannot be told to record.");
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
static enum db_outcome start_write(struct db *db, void *data)
{
	struct recording *recording = data;
	const struct request_context *context = recording->context;

	DB_TRY(meeting_recording_claim(db, recording->meeting.id, recording->archive.archive_id,
	    context->now, &recording->done));
	if (!recording->done)
		return DB_OK;
	DB_TRY(archive_insert(db, &recording->archive, context->now));
	return audit_recording(db, recording, "start");
}

/* Nothing of it is left; should the provider have understood after all, the job corrects it. */
static enum db_outcome start_undo(struct db *db, void *data)
{
	const struct recording *recording = data;
	const struct request_context *context = recording->context;
	const char *archive_id = recording->archive.archive_id;
	bool dropped;

	DB_TRY(meeting_recording_drop(
	    db, recording->meeting.session_id, archive_id, context->now, &dropped));
	DB_TRY(archive_remove(db, archive_id));
	return job_put_reconcile(db, context->now, context->now);
}

static void start_take_back(struct recording *recording)
{
	const struct service *service = recording->context->service;
	struct error error = {0};
	bool found;

	if (!db_run(service->db, start_undo, recording, &error) ||
	    !recordings_delete(
		service->config.recordings_dir, recording->archive.archive_id, &found, &error))
		log_event("warning", "cannot take back a recording's start: %s", error.message);
	error_clear(&error);
}

static bool start_wish(
    struct request_context *context, struct archive *archive, struct error *error)
{
	struct body body = body_open(context->body, error);

	*archive = (struct archive){.archive_id = archive_id_new(context->arena),
	    .host = recordings_host(&context->service->config),
	    .created_at = context->now};
	body_visible_text(&body, context->arena, "name", NAME_MAX_LENGTH, &archive->name);
	return body_close(&body);
}

/* The row as it is by now: a meeting that has ended meanwhile has stopped its recording. */
static bool recording_answer(struct recording *recording, struct error *error)
{
	struct request_context *context = recording->context;
	struct db *db = context->service->db;
	const struct target target = {context_scope(context), recording->archive.archive_id};

	if (!db_once(db, error,
		archive_find(db, context->arena, target, &recording->archive, &recording->found)))
		return false;
	if (!recording->found)
		return archive_not_found(error);
	archive_answer(recording->context, &recording->archive);
	return true;
}

bool archive_start(struct request_context *context, struct error *error)
{
	struct recording recording = {.context = context};
	struct db *db = context->service->db;

	if (!start_wish(context, &recording.archive, error) || !start_check(&recording, error))
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
static enum db_outcome stop_claim(struct db *db, void *data)
{
	struct recording *recording = data;
	const struct archive *archive = &recording->archive;
	const struct request_context *context = recording->context;

	DB_TRY(meeting_recording_drop(
	    db, archive->session_id, archive->archive_id, context->now, &recording->dropped));
	return meeting_find_session(
	    db, context->arena, archive->session_id, &recording->meeting, &recording->found);
}

static enum db_outcome stop_undo(struct db *db, void *data)
{
	const struct recording *recording = data;
	const struct archive *archive = &recording->archive;

	return meeting_recording_restore(
	    db, archive->session_id, archive->archive_id, recording->context->now);
}

/* The provider is out of reach: nothing has changed, unless somebody else has stopped it. */
static void stop_take_back(struct recording *recording)
{
	const struct service *service = recording->context->service;
	struct error error = {0};

	if (!db_run(service->db, stop_undo, recording, &error))
		log_event("warning", "cannot take back a recording's stop: %s", error.message);
	error_clear(&error);
}

static enum db_outcome stop_write(struct db *db, void *data)
{
	struct recording *recording = data;
	const struct request_context *context = recording->context;
	const struct archive *archive = &recording->archive;

	/* Again, since a request whose provider did not answer may have taken its part back. */
	DB_TRY(meeting_recording_drop(
	    db, archive->session_id, archive->archive_id, context->now, &recording->dropped));
	DB_TRY(archive_stop(db, archive->archive_id, &recording->end, context->now,
	    context->request->id, &recording->done));
	if (recording->dropped)
		DB_TRY(job_put_reconcile(db, context->now, context->now));
	return recording->done ? audit_recording(db, recording, "stop") : DB_OK;
}

/* Files that are on another host are counted there, when the meeting has ended. */
static void end_find(struct recording *recording)
{
	const struct config *config = &recording->context->service->config;
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

bool archive_stop_recording(struct request_context *context, struct error *error)
{
	struct recording recording = {.context = context};
	struct db *db = context->service->db;

	if (!archive_read(context, &recording.archive, error))
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
