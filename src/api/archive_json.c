/* An archive as JSON. */
#include "api/archive_json.h"

#include "base/json.h"
#include "base/visible_text.h"

/* The name may be a meeting's extId. That is not checked as text for people. */
struct json_object *archive_json(struct arena *arena, const struct archive *archive)
{
	struct json_object *object = json_object_new_object();
	struct json_object *metadata = json_object_new_object();

	json_add_text(object, "name", visible_text_clean(arena, archive->name));
	json_add_text(object, "sessionId", archive->session_id);
	json_object_object_add(object, "metaData", metadata);
	json_add_text(metadata, "id", archive->archive_id);
	json_add_text(metadata, "status", archive->status);
	json_add_time(metadata, "createdAt", archive->created_at);
	json_add_time(metadata, "stoppedAt", archive->stopped_at);
	json_add_integer(metadata, "duration", archive->duration);
	json_add_integer(metadata, "size", archive->size);
	json_add_text(metadata, "url", archive->url);
	json_add_boolean(metadata, "hasAudio", true);
	json_add_boolean(metadata, "hasVideo", true);
	json_add_text(metadata, "resolution", NULL);
	json_add_text(metadata, "outputMode", archive->output_mode);
	json_add_text(metadata, "reason", archive->reason);
	return object;
}

void archive_answer(struct request_context *context, const struct archive *archive)
{
	struct json_object *answer = archive_json(context->arena, archive);

	response_json(context->response, answer);
	json_object_put(answer);
}
