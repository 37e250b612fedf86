/* Ending a meeting: PATCH …/end does it, and so does deleting a running meeting. */
#include "service/ending.h"

#include "base/clock.h"
#include "base/log.h"
#include "service/audit.h"
#include "service/gate.h"
#include "service/lookup.h"
#include "service/meeting_events.h"
#include "service/presence.h"
#include "service/recording.h"
#include "service/session.h"
#include "store/attendance.h"
#include "store/job_kinds.h"
#include "store/meetings.h"

/* A request that overlaps the end may make the room once more. The job looks after all such
 * requests have finished. */
#define ROOM_END_DELAY (10 * SECOND)

static enum db_outcome connections_end(
    struct db *db, struct arena *arena, const char *session_id, int64_t now)
{
	const struct event event = {.kind = EVENT_ENDED,
	    .name = EVENT_NAME_ENDED,
	    .session_id = session_id,
	    .at = now,
	    .ending = {.scope = END_ROOM,
		.key = "",
		.event = EVENT_NAME_ENDED,
		.at = now,
		.stamped_at = TIME_NONE}};
	bool known;

	return presence_apply(db, arena, session_id, &event, 1, now, &known);
}

enum db_outcome ending_write(struct db *db, struct arena *arena, const struct act *act,
    const struct meeting *meeting, struct ending_work *work, bool *ended)
{
	const char *session_id = meeting->session_id;

	DB_TRY(meeting_end(db, meeting->id, act->at, act->actor, act->request_id, ended));
	if (!*ended)
		return DB_OK;
	DB_TRY(meeting_event_add(db, arena, act, meeting, MEETING_EVENT_ENDED));
	DB_TRY(recordings_end(db, arena, session_id, act->at));
	DB_TRY(connections_end(db, arena, session_id, act->at));
	DB_TRY(attendance_devices(db, arena, session_id, &work->devices, &work->device_count));
	work->session_id = session_id;
	work->server = meeting->server;
	return job_put_room_end(db, session_id, act->at + ROOM_END_DELAY, act->at);
}

void ending_carry_out(struct service *service, struct arena *arena, const struct ending_work *work)
{
	struct session_ref session;
	struct error error = {0};

	if (!session_refer(service, arena, work->server, work->session_id, &session, &error)) {
		log_event("warning", "cannot end a session, a job will: %s", error.message);
		error_clear(&error);
		return;
	}
	gate_end(service, arena, &session);
	if (service->provider->session_end(service->provider_state, arena, &session, work->devices,
		work->device_count, &error))
		return;
	log_event("warning", "cannot end a session at the provider, a job will: %s", error.message);
	error_clear(&error);
}

struct end {
	struct service *service;
	struct arena *arena;
	const struct act *act;
	const char *meeting_link;
	struct meeting meeting;
	struct ending_work work;
	bool found;
	bool ended;
};

static enum db_outcome end_write(struct end *end)
{
	struct service *service = end->service;
	struct meeting *meeting = &end->meeting;

	DB_TRY(lookup_meeting_step(
	    service, end->arena, end->act, end->meeting_link, meeting, &end->found));
	if (!end->found)
		return DB_OK;
	DB_TRY(ending_write(service->db, end->arena, end->act, meeting, &end->work, &end->ended));
	if (!end->ended || !service->config.audit_log)
		return DB_OK;
	return audit_write(service, end->act,
	    &(struct audit_entry){.entity = "meeting",
		.entity_id = meeting->meeting_link,
		.action = "end",
		.before = audit_meeting(end->arena, meeting)});
}

bool ending_end(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, struct error *error)
{
	struct end end = {
	    .service = service, .arena = arena, .act = act, .meeting_link = meeting_link};

	if (!db_transact(service->db, error, end_write(&end)))
		return false;
	if (!end.found)
		return meeting_not_found(error);
	if (!end.ended)
		return error_set_code(
		    error, ERROR_MALFORMED, "MEETING_ENDED", "The meeting has ended already.");
	ending_carry_out(service, arena, &end.work);
	return true;
}
