/* DELETE /session/{meetingLinkId}/attendees/{attendee}/data: erases a person from a meeting that
 * has ended. */
#include "api/request_context.h"
#include "api/routes.h"
#include "base/json.h"
#include "service/erasure.h"

bool erasure_delete(struct request_context *context, struct error *error)
{
	const struct erasure_wish wish = {
	    .meeting_link = context_parameter(context), .attendee = context->parameters[1]->text};
	const struct act act = context_act(context);
	struct json_object *answer, *composed;
	struct erasure erasure;

	if (!erasure_run(context->service, context->arena, &act, &wish, &erasure, error))
		return false;
	answer = json_object_new_object();
	composed = json_object_new_array_ext((int)erasure.composed_count);
	json_add_text(answer, "attendee", erasure.pseudonym);
	json_object_object_add(answer, "composedArchives", composed);
	for (size_t i = 0; i < erasure.composed_count; i++)
		json_object_array_add(composed, json_object_new_string(erasure.composed[i]));
	response_json(context->response, answer);
	json_object_put(answer);
	return true;
}
