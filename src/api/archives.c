/* GET /archives: a list of recordings. POST /session/{meetingLinkId}/archives: starts a recording.
 */
#include "service/archives.h"

#include "api/archive_json.h"
#include "api/body.h"
#include "api/routes.h"
#include "base/json.h"
#include "service/recording.h"

enum {
	LIMIT_PRESET = 50,
	LIMIT_MAX = 1000,
};

static bool status_check(const char *status, struct error *error)
{
	return archive_status_known(status) ||
	       error_set(error, ERROR_MALFORMED, "The query's status is not a status of archives.");
}

static bool query_read(
    struct request_context *context, struct archive_query *query, struct error *error)
{
	struct request *request = context->request;
	long limit = LIMIT_PRESET, offset = 0;

	*query = (struct archive_query){0};
	if (!request_query(request, "sessionId", &query->session_id, error) ||
	    !request_query(request, "meetingLinkId", &query->meeting_link, error) ||
	    !request_query(request, "status", &query->status, error) ||
	    !request_query_integer(request, "limit", 1, LIMIT_MAX, &limit, error) ||
	    !request_query_integer(request, "offset", 0, INT32_MAX, &offset, error) ||
	    (query->status != NULL && !status_check(query->status, error)))
		return false;
	query->limit = limit;
	query->offset = offset;
	return true;
}

static struct json_object *page_json(struct arena *arena, const struct archive_page *page)
{
	struct json_object *object = json_object_new_object();
	struct json_object *items = json_object_new_array_ext((int)page->count);

	json_add_integer(object, "count", page->total);
	json_object_object_add(object, "items", items);
	for (size_t i = 0; i < page->count; i++)
		json_object_array_add(items, archive_json(arena, &page->archives[i], NULL));
	return object;
}

bool archives_get(struct request_context *context, struct error *error)
{
	const struct act act = context_act(context);
	struct archive_query query;
	struct archive_page page;
	struct json_object *answer;

	if (!query_read(context, &query, error) ||
	    !archives_list(context->service, context->arena, &act, &query, &page, error))
		return false;
	answer = page_json(context->arena, &page);
	response_json(context->response, answer);
	json_object_put(answer);
	return true;
}

static const struct body_field recording_fields[] = {
    BODY_VISIBLE_TEXT("name", struct recording_wish, name, NAME_MAX_LENGTH),
    BODY_TEXT("outputMode", struct recording_wish, output_mode, 1, OUTPUT_MODE_MAX, BODY_BYTES,
	BODY_GOOD(archive_output_mode_good, "enum", "must be composed or individual.")),
};

bool archives_post(struct request_context *context, struct error *error)
{
	const struct act act = context_act(context);
	struct recording_wish wish = {.output_mode = OUTPUT_COMPOSED};
	struct archive archive;

	if (!body_read(context, recording_fields, BODY_FIELDS(recording_fields), &wish, error) ||
	    !recording_start(context->service, context->arena, &act, context_parameter(context),
		&wish, &archive, error))
		return false;
	archive_answer(context, &archive, NULL);
	return true;
}
