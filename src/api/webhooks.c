/* POST /webhooks/session: events from the provider. 204 only after COMMIT; the same events in any
 * order and any number of times leave the same rows (meeting/attendance.h).
 *
 * An event that cannot be read, or that a fault of the service hits, does not hold up the others of
 * its body: they are kept, and it is logged and counted. The answer is then 400 or 500, which means
 * that to send it again is of no use. 503 means that it is. */
#include "api/call.h"
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

static const char *header(const void *context, const char *name)
{
	return request_header(context, name);
}

bool webhook_receive(struct call *call, struct error *error)
{
	const struct service *service = call->service;
	const struct config *config = &service->config;
	const struct request *request = call->request;
	const struct webhook webhook = {
	    .header = header,
	    .context = request,
	    .url = arena_printf(
		call->arena, "%s%s/webhooks/session", config->public_url, config->base_path),
	    .body = request->body,
	    .body_len = request->body_len,
	};
	struct events events = {0};
	size_t faults;

	if (!service->provider->webhook_read(
		service->provider_state, call->arena, &webhook, &events, error) ||
	    !presence_keep(call->service, call->arena, &events, call->now, &faults, error))
		return false;
	if (events.malformed != NULL)
		log_event("warning", "an event cannot be read: %s", events.malformed);
	if (!events_answer(&events, faults, error))
		return false;
	response_empty(call->response);
	return true;
}
