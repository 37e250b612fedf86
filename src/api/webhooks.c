/* POST /webhooks/session: events from the provider. 204 only after COMMIT; the same events in any
 * order and any number of times leave the same rows (meeting/attendance.h).
 *
 * An event that cannot be read, or that a fault of the service hits, does not hold up the others of
 * its body: they are kept, and it is logged and counted. The answer is then 400 or 500, which means
 * that to send it again is of no use. 503 means that it is. */
#include "api/request_context.h"
#include "api/routes.h"
#include "base/log.h"
#include "service/presence.h"

/* What the body as a whole is answered with, once all that can be kept is. */
static bool events_answer(const struct events *events, size_t faults, struct error *error)
{
	if (faults > 0)
		return error_set(error, ERROR_INTERNAL, "%zu of %zu events could not be kept",
		    faults, events->count);
	return events->malformed == NULL ||
	       error_set(error, ERROR_MALFORMED, "%s", events->malformed);
}

bool webhook_receive(struct request_context *context, struct error *error)
{
	const struct service *service = context->service;
	const struct provider *provider = service->provider;
	const struct request *request = context->request;
	const struct webhook webhook = {
	    .authorization = request_param(request, "HTTP_AUTHORIZATION"),
	    .content_type = request_param(request, "CONTENT_TYPE"),
	    .body = request->body,
	    .body_len = request->body_len,
	};
	struct events events = {0};
	size_t faults;

	if (!provider->webhook_verify(service->provider_state, &webhook, error) ||
	    !provider->webhook_parse(
		service->provider_state, context->arena, &webhook, &events, error))
		return false;
	if (events.malformed != NULL)
		log_event("warning", "an event cannot be read: %s", events.malformed);
	if (!presence_keep(
		context->service, context->arena, &events, context->now, &faults, error) ||
	    !events_answer(&events, faults, error))
		return false;
	response_empty(context->response);
	return true;
}
