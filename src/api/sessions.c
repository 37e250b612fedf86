/* GET /session: a list of meetings. POST /session: creates a meeting. */
#include <string.h>

#include "api/body.h"
#include "api/cursor.h"
#include "api/meeting_json.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/json.h"
#include "http/accept.h"
#include "meeting/access.h"
#include "meeting/visit.h"
#include "service/listing.h"
#include "service/lookup.h"
#include "service/scheduling.h"

enum {
	LIMIT_PRESET = 50,
	LIMIT_MAX = 1000,
	KEY_MAX = 255, /* bytes of an Idempotency-Key */
};

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
	/* Meetings before `to` come after the last place of that moment. */
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

bool sessions_get(struct request_context *context, struct error *error)
{
	const struct act act = context_act(context);
	struct meetings_query query;
	struct meetings_page page;
	struct json_object *answer;

	if (act.meeting_link != NULL)
		return error_set(error, ERROR_FORBIDDEN, "This token is for one meeting only.");
	if (!query_read(context, &query, error) ||
	    !meetings_list(context->service, context->arena, &act, &query, &page, error))
		return false;
	answer = page_json(context->arena, &page);
	response_json(context->response, answer);
	json_object_put(answer);
	return true;
}

static const struct body_field wish_fields[] = {
    BODY_FLAG("isScheduled", struct meeting_wish, is_scheduled),
    BODY_TIME("scheduleTime", struct meeting_wish, schedule_time),
    BODY_FLAG("enableArchiving", struct meeting_wish, is_archived),
    BODY_FLAG("endToEndEncryption", struct meeting_wish, end_to_end_encryption),
    BODY_TEXT("access", struct meeting_wish, access, 1, ACCESS_TEXT_MAX, BODY_BYTES,
	BODY_GOOD(meeting_access_good, "enum", "must be open, waitingRoom or locked.")),
    BODY_TEXT("extId", struct meeting_wish, ext_id, 0, NAME_MAX_LENGTH, BODY_CHARACTERS),
    BODY_OBJECT("extMetadata", struct meeting_wish, ext_metadata, EXT_METADATA_MAX,
	EXT_METADATA_DEPTH, BODY_MEMBERS(visit_good)),
};

/* Reads the header Idempotency-Key. Without it `key->text` stays NULL. */
static bool key_read(struct request_context *context, struct creation_key *key, struct error *error)
{
	const struct request *request = context->request;
	const char *text = request_param(request, "HTTP_IDEMPOTENCY_KEY");

	if (text == NULL)
		return true;
	if (*text == '\0' || strlen(text) > KEY_MAX)
		return error_set(
		    error, ERROR_MALFORMED, "Idempotency-Key must have 1 to %d bytes.", KEY_MAX);
	key->text = text;
	sha256(request->body, request->body_len, key->body_hash);
	return true;
}

/* Chooses text, unless the client prefers JSON. A tie is text. */
static bool form_choose(const struct request_context *context, bool *as_json, struct error *error)
{
	const char *accept = request_param(context->request, "HTTP_ACCEPT");
	unsigned text = accept_weight(accept, "text/plain");
	unsigned json = accept_weight(accept, "application/json");

	*as_json = json > text;
	if (json == 0 && text == 0)
		return error_set(
		    error, ERROR_NOT_ACCEPTABLE, "The answer is text/plain or application/json.");
	return true;
}

static void link_answer(struct request_context *context, const char *link, bool as_json)
{
	struct json_object *document;

	response_header(context->response, "Location",
	    arena_printf(
		context->arena, "%s/session/%s", context->service->config.base_path, link));
	if (!as_json) {
		response_text(context->response, link);
		return;
	}
	document = json_object_new_object();
	json_add_text(document, "code", link);
	response_json(context->response, document);
	json_object_put(document);
}

bool sessions_post(struct request_context *context, struct error *error)
{
	const struct act act = context_act(context);
	struct meeting_wish wish = {.schedule_time = TIME_NONE, .access = MEETING_OPEN};
	struct creation_key key = {.text = NULL};
	const char *link;
	bool as_json;

	if (!act_allows_meeting(&act, NULL, error) || !form_choose(context, &as_json, error) ||
	    !body_read(context, wish_fields, BODY_FIELDS(wish_fields), &wish, error) ||
	    !key_read(context, &key, error) ||
	    !scheduling_create(context->service, context->arena, &act, &wish,
		key.text == NULL ? NULL : &key, &link, error))
		return false;
	link_answer(context, link, as_json);
	return true;
}
