/* POST /webhooks/session: events from the provider. 204 only after the COMMIT. After 503 the
 * provider should send the events again; after 400 and 500 it need not. */
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
