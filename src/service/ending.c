/* Ending a meeting: what PATCH …/end and deleting a running meeting have in common. */
#include "service/ending.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "service/session.h"
#include "store/archives.h"
#include "store/attendance.h"
#include "store/job_kinds.h"
#include "store/meetings.h"

/* The job looks again after every request has long finished that overlapped the end and may have
 * made the room once more. */
#define ROOM_END_DELAY (10 * SECOND)

static enum db_outcome attendance_close(
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

	return attendance_apply(db, arena, session_id, &event, 1, now, &known);
}

enum db_outcome ending_write(struct db *db, struct arena *arena, const struct act *act,
    const struct meeting *meeting, struct ending_work *work, bool *ended)
{
	const char *session_id = meeting->session_id;

	DB_TRY(meeting_end(db, meeting->id, act->at, act->actor, act->request_id, ended));
	if (!*ended)
		return DB_OK;
	DB_TRY(attendance_close(db, arena, session_id, act->at));
	DB_TRY(archives_stop(db, session_id, act->at, act->at));
	DB_TRY(attendance_devices(db, arena, session_id, &work->devices, &work->device_count));
	work->session_id = session_id;
	work->server = meeting->server;
	return job_put_room_end(db, session_id, act->at + ROOM_END_DELAY, act->at);
}

void ending_carry_out(struct service *service, struct arena *arena, const struct ending_work *work)
{
	struct session_ref session;
	struct error error = {0};

	if (session_refer(service, arena, work->server, work->session_id, &session, &error) &&
	    service->provider->session_end(service->provider_state, arena, &session, work->devices,
		work->device_count, &error))
		return;
	log_event("warning", "cannot end a session at the provider, a job will: %s", error.message);
	error_clear(&error);
}
