/* GET and DELETE /archives/{archiveId}: one recording. PATCH /archives/{archiveId}/stop: stops it.
 */
#include "api/archive_json.h"
#include "api/routes.h"
#include "service/archives.h"
#include "service/recording.h"

bool archive_get(struct request_context *context, struct error *error)
{
	const struct act act = context_act(context);
	struct archive archive;
	struct archive_tracks tracks;

	if (!archive_show(context->service, context->arena, &act, context_parameter(context),
		&archive, &tracks, error))
		return false;
	archive_answer(context, &archive, &tracks);
	return true;
}

bool archive_stop_patch(struct request_context *context, struct error *error)
{
	const struct act act = context_act(context);
	struct archive archive;

	if (!recording_stop(context->service, context->arena, &act, context_parameter(context),
		&archive, error))
		return false;
	archive_answer(context, &archive, NULL);
	return true;
}

bool archive_delete(struct request_context *context, struct error *error)
{
	const struct act act = context_act(context);

	if (!recording_delete(
		context->service, context->arena, &act, context_parameter(context), error))
		return false;
	response_text(context->response, "null");
	return true;
}
