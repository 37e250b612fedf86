/* One attendee of a meeting: POST …/attendees/{attendee}/mute, DELETE …/attendees/{attendee} (put
 * out) and POST …/attendees/{attendee}/readmit. */
#include "api/body.h"
#include "api/request_context.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "meeting/schedule.h"
#include "service/removal.h"
#include "store/attendance.h"
#include "store/audit_logs.h"
#include "store/grants.h"
#include "store/job_kinds.h"
#include "store/meetings.h"

struct attendee_context {
	struct request_context *context;
	const char *attendee;
	struct meeting meeting;
	bool found; /* the meeting */
	bool known; /* the attendee, in a meeting that has not ended */
	bool muted;
	struct open_connection *open;
	size_t open_count;
	const char **devices;
	size_t device_count;
};

static struct attendee_context context_of(struct request_context *context)
{
	return (struct attendee_context){
	    .context = context, .attendee = context->parameters[1]->text};
}

/* The meeting and whether the attendee is known in it; ended meetings are not looked at further. */
static enum db_outcome look(
    struct db *db, struct attendee_context *work, const struct meeting *meeting)
{
	work->found = work->found && !meeting->deleted;
	work->known = false;
	if (!work->found || meeting->end_time != TIME_NONE)
		return DB_OK;
	return attendee_known(
	    db, work->context->arena, meeting->session_id, work->attendee, &work->known);
}

/* What a look that found no such attendee means. */
static bool look_check(const struct attendee_context *work, struct error *error)
{
	if (!work->found)
		return meeting_not_found(error);
	if (!meeting_not_ended(&work->meeting, error))
		return false;
	return work->known ||
	       error_set(error, ERROR_NOT_FOUND, "There is no such attendee in this meeting.");
}

static enum db_outcome audit_attendee(
    struct db *db, const struct attendee_context *work, const char *action)
{
	struct request_context *context = work->context;
	struct json_object *object;
	enum db_outcome outcome;

	if (!context->service->config.audit_log)
		return DB_OK;
	object = json_object_new_object();
	json_add_text(object, "attendee", work->attendee);
	outcome = audit_add(db, &(struct audit){.entity = "meeting",
				    .entity_id = work->meeting.meeting_link,
				    .action = action,
				    .actor = context->principal.actor,
				    .tenant = context->principal.tenant,
				    .request_id = context->request->id,
				    .acted_at = context->now,
				    .after = json_text(object)});
	json_object_put(object);
	return outcome;
}

static enum db_outcome mute_find(struct db *db, void *param)
{
	struct attendee_context *work = param;
	struct arena *arena = work->context->arena;
	const struct meeting *meeting = &work->meeting;

	DB_TRY(
	    meeting_find(db, arena, context_target(work->context), &work->meeting, &work->found));
	DB_TRY(look(db, work, meeting));
	if (!work->known)
		return DB_OK;
	return attendance_open_of(
	    db, arena, meeting->session_id, work->attendee, &work->open, &work->open_count);
}

static enum db_outcome mute_audit(struct db *db, void *param)
{
	const struct attendee_context *work = param;

	return audit_attendee(db, work, work->muted ? "mute" : "unmute");
}

/* Those who only watch are never heard: for them there is nothing to do. */
static bool mute_carry_out(struct attendee_context *work, struct error *error)
{
	struct request_context *context = work->context;
	const struct service *service = context->service;
	const char **ids = arena_alloc(context->arena, (work->open_count + 1) * sizeof *ids);
	size_t count = 0;
	bool there = false;

	for (size_t i = 0; i < work->open_count; i++) {
		if (*work->open[i].participant != '\0')
			ids[count++] = work->open[i].connection_id;
	}
	if (count > 0 && !service->provider->attendee_mute(service->provider_state, context->arena,
			     work->meeting.session_id, ids, count, work->muted, &there, error))
		return false;
	return there || count < work->open_count ||
	       error_set(error, ERROR_NOT_FOUND, "This attendee is not in the meeting now.");
}

bool attendee_mute(struct request_context *context, struct error *error)
{
	struct attendee_context work = context_of(context);
	struct body body = body_open(context->body, error);
	struct db *db = context->service->db;

	work.muted = true;
	body_boolean(&body, "muted", &work.muted);
	if (!body_close(&body) || !db_run_plain(db, mute_find, &work, error) ||
	    !look_check(&work, error))
		return false;
	if (context->service->provider->attendee_mute == NULL)
		return error_set_code(error, ERROR_MALFORMED, "NOT_SUPPORTED",
		    "The provider of this service's media cannot mute others.");
	if (!mute_carry_out(&work, error) ||
	    (context->service->config.audit_log && !db_run_plain(db, mute_audit, &work, error)))
		return false;
	response_empty(context->response);
	return true;
}

/* The ban, the end of the stay, and a job for what this request cannot reach: a provider that does
 * not answer, connections that nobody has seen in the meeting yet. */
static enum db_outcome remove_write(struct db *db, void *param)
{
	struct attendee_context *work = param;
	struct request_context *context = work->context;
	const struct meeting *meeting = &work->meeting;

	DB_TRY(meeting_find_locked(
	    db, context->arena, context_target(context), &work->meeting, &work->found));
	DB_TRY(look(db, work, meeting));
	if (!work->known)
		return DB_OK;
	DB_TRY(grants_ban(db, meeting->session_id, work->attendee, context->now));
	DB_TRY(attendance_remove(db, context->arena, meeting->session_id, work->attendee,
	    context->now, &work->devices, &work->device_count));
	DB_TRY(job_put_reconcile(db, context->now, context->now));
	return audit_attendee(db, work, "remove");
}

static bool remove_carry_out(const struct attendee_context *work, struct error *error)
{
	struct request_context *context = work->context;
	struct service *service = context->service;

	/* The list before the devices: else they could be back before they are off it. */
	if (!removal_revoke(service, context->arena, &work->meeting, work->attendee, error))
		return false;
	for (size_t i = 0; i < work->device_count; i++) {
		if (!service->provider->device_remove(
			service->provider_state, context->arena, work->devices[i], error))
			return false;
	}
	return true;
}

bool attendee_remove(struct request_context *context, struct error *error)
{
	struct attendee_context work = context_of(context);

	if (!db_run(context->service->db, remove_write, &work, error) || !look_check(&work, error))
		return false;
	if (!remove_carry_out(&work, error)) {
		log_event("warning", "cannot put an attendee out, a job will: %s", error->message);
		error_clear(error);
	}
	response_empty(context->response);
	return true;
}

static enum db_outcome readmit_write(struct db *db, void *param)
{
	struct attendee_context *work = param;
	struct request_context *context = work->context;
	bool readmitted;

	DB_TRY(meeting_find(
	    db, context->arena, context_target(context), &work->meeting, &work->found));
	DB_TRY(look(db, work, &work->meeting));
	if (!work->known)
		return DB_OK;
	DB_TRY(grants_readmit(
	    db, work->meeting.session_id, work->attendee, context->now, &readmitted));
	return readmitted ? audit_attendee(db, work, "readmit") : DB_OK;
}

bool attendee_readmit(struct request_context *context, struct error *error)
{
	struct attendee_context work = context_of(context);

	if (!db_run(context->service->db, readmit_write, &work, error) || !look_check(&work, error))
		return false;
	response_empty(context->response);
	return true;
}
