/* PATCH /session/{meetingLinkId}/end: ends a meeting for everybody. */
#include "api/request_context.h"
#include "api/metadata.h"
#include "api/routes.h"
#include "service/ending.h"
#include "store/audit_logs.h"
#include "store/meetings.h"

struct end_context {
	struct request_context *context;
	struct meeting meeting;
	struct ending_work work;
	bool found;
	bool ended;
};

static enum db_outcome end_write(struct db *db, void *data)
{
	struct end_context *end = data;
	struct request_context *context = end->context;
	struct meeting *meeting = &end->meeting;
	const struct act act = context_act(context);

	DB_TRY(meeting_find(db, context->arena, context_target(context), meeting, &end->found));
	end->found = end->found && !meeting->deleted;
	if (!end->found)
		return DB_OK;
	DB_TRY(ending_write(db, context->arena, &act, meeting, &end->work, &end->ended));
	if (!end->ended || !context->service->config.audit_log)
		return DB_OK;
	return audit_add(db, &(struct audit){.entity = "meeting",
				 .entity_id = meeting->meeting_link,
				 .action = "end",
				 .actor = context->principal.actor,
				 .tenant = context->principal.tenant,
				 .request_id = context->request->id,
				 .acted_at = context->now,
				 .before = meeting_audit_text(context->arena, meeting)});
}

bool session_end(struct request_context *context, struct error *error)
{
	struct end_context end = {.context = context};

	if (!db_run(context->service->db, end_write, &end, error))
		return false;
	if (!end.found)
		return meeting_not_found(error);
	if (!end.ended)
		return error_set_code(
		    error, ERROR_MALFORMED, "MEETING_ENDED", "The meeting has ended already.");
	ending_carry_out(context->service, context->arena, &end.work);
	response_empty(context->response);
	return true;
}
