/* GET /session/{meetingLinkId}/attendees: who was and who is in a meeting. */
#include <string.h>

#include "api/routes.h"
#include "api/call.h"
#include "base/clock.h"
#include "base/json.h"
#include "meeting/attendance.h"
#include "store/attendance.h"

enum {
	LIMIT_MAX = 1000,
};

struct list_context {
	struct call *call;
	struct attendee_query query;
	struct attendee_list list;
};

static enum db_outcome list_find(struct db *db, void *context)
{
	struct list_context *list = context;

	return attendees_find(db, list->call->arena, &list->query, &list->list);
}

static bool query_read(struct call *call, struct list_context *list, struct error *error)
{
	const char *active = NULL, *limit_text = NULL, *offset_text = NULL;
	long limit = 0, offset = 0;

	if (!request_query(call->request, "active", &active, error) ||
	    !request_query(call->request, "limit", &limit_text, error) ||
	    !request_query(call->request, "offset", &offset_text, error) ||
	    !request_query_integer(call->request, "limit", 1, LIMIT_MAX, &limit, error) ||
	    !request_query_integer(call->request, "offset", 0, INT32_MAX, &offset, error))
		return false;
	if (limit == 0 && offset_text != NULL)
		limit = LIMIT_MAX;
	list->query = (struct attendee_query){
	    .meeting_link = call_parameter(call),
	    .active_only = active != NULL && strcmp(active, "true") == 0,
	    .limit = limit,
	    .offset = offset,
	    .with_total = limit_text != NULL || offset_text != NULL,
	};
	return true;
}

static struct json_object *attendee_json(const struct attendee *attendee, int64_t now)
{
	struct json_object *object = json_object_new_object();
	struct json_object *metadata = json_object_new_object();

	json_add_integer(object, "id", attendee->id);
	json_add_text(object, "sessionId", attendee->session_id);
	json_add_text(object, "attendee", attendee->attendee);
	json_add_text(object, "name", attendee->name);
	json_add_text(object, "role", role_name((enum role)attendee->role));
	json_add_time(object, "createdOn", attendee->created_on);
	json_add_time(object, "modifiedOn", attendee->modified_on);
	json_add_boolean(object, "isDeleted", !attendee->is_active);
	json_add_time(object, "joinedOn", attendee->joined_on);
	json_add_time(object, "leftOn", attendee->is_active ? TIME_NONE : attendee->left_on);
	json_add_integer(object, "activeSeconds",
	    attendance_seconds(attendee->closed_us, attendee->open_since, now));
	json_add_integer(object, "connections", attendee->devices);
	json_add_text(object, "extId", attendee->ext_id);
	json_add_stored(metadata, "webhookPayload", attendee->event_payload);
	json_object_object_add(object, "extMetadata", metadata);
	return object;
}

bool attendees_list(struct call *call, struct error *error)
{
	struct list_context context = {.call = call};
	const struct attendee_list *list = &context.list;
	struct json_object *answer;

	if (!call_may_meeting(call, call_parameter(call), error) ||
	    !query_read(call, &context, error) ||
	    !db_run_plain(call->service->db, list_find, &context, error))
		return false;
	if (!list->meeting_found)
		return meeting_not_found(error);
	answer = json_object_new_array_ext((int)list->count);
	for (size_t i = 0; i < list->count; i++)
		json_object_array_add(answer, attendee_json(&list->attendees[i], call->now));
	if (context.query.with_total)
		response_header(call->response, "X-Total-Count",
		    arena_printf(call->arena, "%lld", (long long)list->total));
	response_header(call->response, "X-Recording", list->is_recording ? "true" : "false");
	response_json(call->response, answer);
	json_object_put(answer);
	return true;
}
