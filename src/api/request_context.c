/* The context of a request. */
#include "api/request_context.h"

#include <string.h>

const char *context_parameter(const struct request_context *context)
{
	return context->parameters[0]->text;
}

bool context_site_has(const struct request_context *context, const char *parameter)
{
	const char *value = request_param(context->request, parameter);

	return value != NULL && strcmp(value, "1") == 0;
}

struct act context_act(const struct request_context *context)
{
	return (struct act){.actor = context->principal.actor,
	    .tenant = context->principal.tenant,
	    .meeting_link = context->principal.meeting_link,
	    .request_id = context->request->id,
	    .at = context->now};
}
