/* GET /session/{meetingLinkId} and GET /session: one meeting, and lists of meetings. */
#include "api/request_context.h"
#include "api/cursor.h"
#include "api/meeting_fields.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/json.h"
#include "store/meetings.h"

enum {
	LIMIT_PRESET = 50,
	LIMIT_MAX = 1000,
};

bool session_get(struct request_context *context, struct error *error)
{
	struct db *db = context->service->db;
	struct meeting meeting;
	bool found;
	struct json_object *answer;

	if (!db_once(db, error,
		meeting_find(db, context->arena, context_target(context), &meeting, &found)))
		return false;
	if (!found || meeting.deleted)
		return meeting_not_found(error);
	answer = meeting_json(&meeting);
	response_json(context->response, answer);
	json_object_put(answer);
	return true;
}

static bool status_read(
    struct request_context *context, enum meeting_status *status, struct error *error)
{
	const char *text = NULL;

	if (!request_query(context->request, "status", &text, error))
		return false;
	if (text == NULL || meeting_status_parse(text, status))
		return true;
	return error_set(
	    error, ERROR_MALFORMED, "The query's status must be scheduled, active or ended.");
}

static bool cursor_read(
    struct request_context *context, struct meeting_place *place, struct error *error)
{
	const char *text = NULL;

	if (!request_query(context->request, "cursor", &text, error))
		return false;
	if (text == NULL || cursor_parse(context->arena, text, place))
		return true;
	return error_set(
	    error, ERROR_MALFORMED, "The query's cursor must be the nextCursor of an answer.");
}

static bool query_read(
    struct request_context *context, struct meetings_query *query, struct error *error)
{
	long limit = LIMIT_PRESET;
	int64_t to = TIME_NONE;

	*query = (struct meetings_query){
	    .from = TIME_MIN,
	    .after = {.starts_on = TIME_MAX, .id = INT64_MAX}, /* the list's start */
	};
	if (!status_read(context, &query->status, error) ||
	    !request_query_time(context->request, "from", &query->from, error) ||
	    !request_query_time(context->request, "to", &to, error) ||
	    !request_query_integer(context->request, "limit", 1, LIMIT_MAX, &limit, error) ||
	    !cursor_read(context, &query->after, error))
		return false;
	query->limit = (size_t)limit;
	/* What starts before `to` is what is behind that moment's last place. */
	if (to != TIME_NONE && to <= query->after.starts_on)
		query->after = (struct meeting_place){.starts_on = to, .id = 0};
	return true;
}

static struct json_object *page_json(struct arena *arena, const struct meetings_page *page)
{
	struct json_object *object = json_object_new_object();
	struct json_object *items = json_object_new_array_ext((int)page->count);

	json_object_object_add(object, "items", items);
	for (size_t i = 0; i < page->count; i++)
		json_object_array_add(items, meeting_json(&page->meetings[i]));
	json_add_text(object, "nextCursor", page->more ? cursor_text(arena, &page->last) : NULL);
	return object;
}

bool sessions_list(struct request_context *context, struct error *error)
{
	struct db *db = context->service->db;
	struct meetings_query query;
	struct meetings_page page;
	struct json_object *answer;

	if (context->principal.meeting_link != NULL)
		return error_set(error, ERROR_FORBIDDEN, "This token is for one meeting only.");
	if (!query_read(context, &query, error) ||
	    !db_once(db, error,
		meetings_find(db, context->arena, context_scope(context), &query, &page)))
		return false;
	answer = page_json(context->arena, &page);
	response_json(context->response, answer);
	json_object_put(answer);
	return true;
}
