/* POST /webhooks/session: events from the provider. 204 only after the COMMIT; 400 and 500 say that
 * to send the events again is of no use, 503 that it is. */
#include "api/request_context.h"
#include "api/routes.h"
#include "service/webhook.h"

bool webhooks_post(struct request_context *context, struct error *error)
{
	const struct request *request = context->request;
	const struct webhook webhook = {
	    .authorization = request_param(request, "HTTP_AUTHORIZATION"),
	    .content_type = request_param(request, "CONTENT_TYPE"),
	    .body = request->body,
	    .body_len = request->body_len,
	};

	if (!webhook_keep(context->service, context->arena, &webhook, context->now, error))
		return false;
	response_empty(context->response);
	return true;
}
