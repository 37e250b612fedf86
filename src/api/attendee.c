/* One attendee of a meeting: DELETE …/attendees/{attendee} (removes them), POST
 * …/attendees/{attendee}/mute, …/readmit and …/admit. POST …/attendees/admit admits all who wait.
 */
#include "api/body.h"
#include "api/routes.h"
#include "service/waiting_room.h"

static struct moderated moderated_of(const struct request_context *context)
{
	return (struct moderated){
	    .meeting_link = context_parameter(context), .attendee = context->parameters[1]->text};
}

bool attendee_delete(struct request_context *context, struct error *error)
{
	const struct moderated moderated = moderated_of(context);
	const struct act act = context_act(context);

	if (!moderation_remove(context->service, context->arena, &act, &moderated, error))
		return false;
	response_empty(context->response);
	return true;
}

struct mute_wish {
	bool muted;
};

static const struct body_field mute_fields[] = {
    BODY_FLAG("muted", struct mute_wish, muted),
};

bool attendee_mute_post(struct request_context *context, struct error *error)
{
	const struct moderated moderated = moderated_of(context);
	const struct act act = context_act(context);
	struct mute_wish wish = {.muted = true};

	if (!body_read(context, mute_fields, BODY_FIELDS(mute_fields), &wish, error) ||
	    !moderation_mute(context->service, context->arena, &act, &moderated, wish.muted, error))
		return false;
	response_empty(context->response);
	return true;
}

bool attendee_readmit_post(struct request_context *context, struct error *error)
{
	const struct moderated moderated = moderated_of(context);
	const struct act act = context_act(context);

	if (!moderation_readmit(context->service, context->arena, &act, &moderated, error))
		return false;
	response_empty(context->response);
	return true;
}

bool attendee_admit_post(struct request_context *context, struct error *error)
{
	const struct moderated moderated = moderated_of(context);
	const struct act act = context_act(context);

	if (!waiting_room_admit(context->service, context->arena, &act, &moderated, error))
		return false;
	response_empty(context->response);
	return true;
}
