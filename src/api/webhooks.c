/* POST /webhooks/session: events from the provider. 204 only after the COMMIT; 400 and 500 say that
 * to send the events again is of no use, 503 that it is. */
#include "api/request_context.h"
#include "api/routes.h"
#include "service/webhook.h"

static const char *header(const void *context, const char *name)
{
	return request_header(context, name);
}

bool webhooks_post(struct request_context *context, struct error *error)
{
	const struct request *request = context->request;
	const struct config *config = &context->service->config;
	const struct webhook webhook = {
	    .header = header,
	    .context = request,
	    .url = arena_printf(
		context->arena, "%s%s/webhooks/session", config->public_url, config->base_path),
	    .body = request->body,
	    .body_len = request->body_len,
	};

	if (!webhook_keep(context->service, context->arena, &webhook, context->now, error))
		return false;
	response_empty(context->response);
	return true;
}
