/* Ending a meeting: what PATCH …/end and deleting a running meeting have in common. */
#include "api/ending.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "store/archives.h"
#include "store/attendance.h"
#include "store/job_kinds.h"
#include "store/meetings.h"

/* The job looks again after every request has long finished that overlapped the end and may have
 * made the room once more. */
#define ROOM_END_DELAY (10 * SECOND)

static enum db_outcome attendance_close(struct db *db, struct call *call, const char *session_id)
{
	const struct event event = {.kind = EVENT_ENDED,
	    .name = EVENT_NAME_ENDED,
	    .session_id = session_id,
	    .at = call->now,
	    .ending = {.scope = END_ROOM,
		.key = "",
		.event = EVENT_NAME_ENDED,
		.at = call->now,
		.stamped_at = TIME_NONE}};
	bool known;

	return attendance_apply(db, call->arena, session_id, &event, 1, call->now, &known);
}

enum db_outcome ending_write(struct db *db, struct call *call, const struct meeting *meeting,
    struct ending_work *work, bool *ended)
{
	const char *session_id = meeting->session_id;

	DB_TRY(meeting_end(
	    db, meeting->id, call->now, call->principal.actor, call->request->id, ended));
	if (!*ended)
		return DB_OK;
	DB_TRY(attendance_close(db, call, session_id));
	DB_TRY(archives_stop(db, session_id, call->now, call->now));
	DB_TRY(
	    attendance_devices(db, call->arena, session_id, &work->devices, &work->device_count));
	work->session_id = session_id;
	return job_put_room_end(db, session_id, call->now + ROOM_END_DELAY, call->now);
}

void ending_carry_out(struct call *call, const struct ending_work *work)
{
	const struct service *service = call->service;
	struct error error = {0};

	if (service->provider->session_end(service->provider_state, call->arena, work->session_id,
		work->devices, work->device_count, &error))
		return;
	log_event("warning", "cannot end a session at the provider, a job will: %s", error.message);
	error_clear(&error);
}
