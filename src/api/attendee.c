/* One attendee of a meeting: POST …/attendees/{attendee}/mute, DELETE …/attendees/{attendee} (put
 * out) and POST …/attendees/{attendee}/readmit. */
#include "api/body.h"
#include "api/call.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "meeting/schedule.h"
#include "service/removal.h"
#include "service/session.h"
#include "store/attendance.h"
#include "store/audit_logs.h"
#include "store/grants.h"
#include "store/job_kinds.h"
#include "store/meetings.h"

struct attendee_context {
	struct call *call;
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

static struct attendee_context context_of(struct call *call)
{
	return (struct attendee_context){.call = call, .attendee = call->parameters[1]->text};
}

/* The meeting and whether the attendee is known in it; ended meetings are not looked at further. */
static enum db_outcome look(
    struct db *db, struct attendee_context *context, const struct meeting *meeting)
{
	context->found = context->found && !meeting->deleted;
	context->known = false;
	if (!context->found || meeting->end_time != TIME_NONE)
		return DB_OK;
	return attendee_known(
	    db, context->call->arena, meeting->session_id, context->attendee, &context->known);
}

/* What a look that found no such attendee means. */
static bool look_check(const struct attendee_context *context, struct error *error)
{
	if (!context->found)
		return meeting_not_found(error);
	if (!meeting_not_ended(&context->meeting, error))
		return false;
	return context->known ||
	       error_set(error, ERROR_NOT_FOUND, "There is no such attendee in this meeting.");
}

static enum db_outcome audit_attendee(
    struct db *db, const struct attendee_context *context, const char *action)
{
	struct call *call = context->call;
	struct json_object *object;
	enum db_outcome outcome;

	if (!call->service->config.audit_log)
		return DB_OK;
	object = json_object_new_object();
	json_add_text(object, "attendee", context->attendee);
	outcome = audit_add(db, &(struct audit){.entity = "meeting",
				    .entity_id = context->meeting.meeting_link,
				    .action = action,
				    .actor = call->principal.actor,
				    .tenant = call->principal.tenant,
				    .request_id = call->request->id,
				    .acted_at = call->now,
				    .after = json_text(object)});
	json_object_put(object);
	return outcome;
}

static enum db_outcome mute_find(struct db *db, void *data)
{
	struct attendee_context *context = data;
	struct arena *arena = context->call->arena;
	const struct meeting *meeting = &context->meeting;

	DB_TRY(meeting_find(
	    db, arena, call_target(context->call), &context->meeting, &context->found));
	DB_TRY(look(db, context, meeting));
	if (!context->known)
		return DB_OK;
	return attendance_open_of(db, arena, meeting->session_id, context->attendee, &context->open,
	    &context->open_count);
}

static enum db_outcome mute_audit(struct db *db, void *data)
{
	const struct attendee_context *context = data;

	return audit_attendee(db, context, context->muted ? "mute" : "unmute");
}

/* Those who only watch are never heard: for them there is nothing to do. */
static bool mute_carry_out(struct attendee_context *context, struct error *error)
{
	struct call *call = context->call;
	struct service *service = call->service;
	const struct meeting *meeting = &context->meeting;
	const char **ids = arena_alloc(call->arena, (context->open_count + 1) * sizeof *ids);
	struct session_ref session;
	size_t count = 0;
	bool there = false;

	for (size_t i = 0; i < context->open_count; i++) {
		if (*context->open[i].participant != '\0')
			ids[count++] = context->open[i].connection_id;
	}
	if (count > 0 &&
	    (!session_refer(service, call->arena, meeting->server, meeting->session_id, &session,
		 error) ||
		!service->provider->attendee_mute(service->provider_state, call->arena, &session,
		    ids, count, context->muted, &there, error)))
		return false;
	return there || count < context->open_count ||
	       error_set(error, ERROR_NOT_FOUND, "This attendee is not in the meeting now.");
}

bool attendee_mute(struct call *call, struct error *error)
{
	struct attendee_context context = context_of(call);
	struct body body = body_open(call->body, error);
	struct db *db = call->service->db;

	context.muted = true;
	body_boolean(&body, "muted", &context.muted);
	if (!body_close(&body) || !db_run_plain(db, mute_find, &context, error) ||
	    !look_check(&context, error))
		return false;
	if (!provider_can(call->service->provider, FEATURE_MUTE, "mute others", error))
		return false;
	if (!mute_carry_out(&context, error) ||
	    (call->service->config.audit_log && !db_run_plain(db, mute_audit, &context, error)))
		return false;
	response_empty(call->response);
	return true;
}

/* The ban, the end of the stay, and a job for what this request cannot reach: a provider that does
 * not answer, connections that nobody has seen in the meeting yet. */
static enum db_outcome remove_write(struct db *db, void *data)
{
	struct attendee_context *context = data;
	struct call *call = context->call;
	const struct meeting *meeting = &context->meeting;

	DB_TRY(meeting_find_locked(
	    db, call->arena, call_target(call), &context->meeting, &context->found));
	DB_TRY(look(db, context, meeting));
	if (!context->known)
		return DB_OK;
	DB_TRY(grants_ban(db, meeting->session_id, context->attendee, call->now));
	DB_TRY(attendance_remove(db, call->arena, meeting->session_id, context->attendee, call->now,
	    &context->devices, &context->device_count));
	DB_TRY(job_put_reconcile(db, meeting->server, call->now, call->now));
	return audit_attendee(db, context, "remove");
}

static bool remove_carry_out(const struct attendee_context *context, struct error *error)
{
	struct call *call = context->call;
	struct service *service = call->service;
	const struct meeting *meeting = &context->meeting;
	struct session_ref session;

	/* The list before the devices: else they could be back before they are off it. */
	if (!removal_revoke(service, call->arena, &context->meeting, context->attendee, error))
		return false;
	if (!session_refer(
		service, call->arena, meeting->server, meeting->session_id, &session, error))
		return false;
	for (size_t i = 0; i < context->device_count; i++) {
		if (!service->provider->device_remove(service->provider_state, call->arena,
			&session.server, context->devices[i], error))
			return false;
	}
	return true;
}

bool attendee_remove(struct call *call, struct error *error)
{
	struct attendee_context context = context_of(call);

	if (!db_run(call->service->db, remove_write, &context, error) ||
	    !look_check(&context, error))
		return false;
	if (!remove_carry_out(&context, error)) {
		log_event("warning", "cannot put an attendee out, a job will: %s", error->message);
		error_clear(error);
	}
	response_empty(call->response);
	return true;
}

static enum db_outcome readmit_write(struct db *db, void *data)
{
	struct attendee_context *context = data;
	struct call *call = context->call;
	bool readmitted;

	DB_TRY(
	    meeting_find(db, call->arena, call_target(call), &context->meeting, &context->found));
	DB_TRY(look(db, context, &context->meeting));
	if (!context->known)
		return DB_OK;
	DB_TRY(grants_readmit(
	    db, context->meeting.session_id, context->attendee, call->now, &readmitted));
	return readmitted ? audit_attendee(db, context, "readmit") : DB_OK;
}

bool attendee_readmit(struct call *call, struct error *error)
{
	struct attendee_context context = context_of(call);

	if (!db_run(call->service->db, readmit_write, &context, error) ||
	    !look_check(&context, error))
		return false;
	response_empty(call->response);
	return true;
}
