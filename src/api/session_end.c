/* PATCH /session/{meetingLinkId}/end: ends a meeting for everybody. */
#include "api/call.h"
#include "api/metadata.h"
#include "api/routes.h"
#include "service/ending.h"
#include "store/audit_logs.h"
#include "store/meetings.h"

struct end_context {
	struct call *call;
	struct meeting meeting;
	struct ending_work work;
	bool found;
	bool ended;
};

static enum db_outcome end_write(struct db *db, void *context)
{
	struct end_context *end = context;
	struct call *call = end->call;
	struct meeting *meeting = &end->meeting;
	const struct act act = call_act(call);

	DB_TRY(meeting_find(db, call->arena, call_target(call), meeting, &end->found));
	end->found = end->found && !meeting->deleted;
	if (!end->found)
		return DB_OK;
	DB_TRY(ending_write(db, call->arena, &act, meeting, &end->work, &end->ended));
	if (!end->ended || !call->service->config.audit_log)
		return DB_OK;
	return audit_add(db, &(struct audit){.entity = "meeting",
				 .entity_id = meeting->meeting_link,
				 .action = "end",
				 .actor = call->principal.actor,
				 .tenant = call->principal.tenant,
				 .request_id = call->request->id,
				 .acted_at = call->now,
				 .before = meeting_audit_text(call->arena, meeting)});
}

bool session_end(struct call *call, struct error *error)
{
	struct end_context end = {.call = call};

	if (!db_run(call->service->db, end_write, &end, error))
		return false;
	if (!end.found)
		return meeting_not_found(error);
	if (!end.ended)
		return error_set_code(
		    error, ERROR_MALFORMED, "MEETING_ENDED", "The meeting has ended already.");
	ending_carry_out(call->service, call->arena, &end.work);
	response_empty(call->response);
	return true;
}
