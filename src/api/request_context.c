/* The context of a request. */
#include "api/request_context.h"

const char *context_parameter(const struct request_context *context)
{
	return context->parameters[0]->text;
}

struct act context_act(const struct request_context *context)
{
	return (struct act){.actor = context->principal.actor,
	    .tenant = context->principal.tenant,
	    .meeting_link = context->principal.meeting_link,
	    .request_id = context->request->id,
	    .at = context->now};
}
