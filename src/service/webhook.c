/* Webhooks: keeps the events that the provider posts. */
#include "service/webhook.h"

#include "base/log.h"
#include "service/presence.h"

/* Sets the error of the whole request, after all good events are kept. */
static bool events_verdict(const struct events *events, size_t faults, struct error *error)
{
	if (faults > 0)
		return error_set(error, ERROR_INTERNAL, "%zu of %zu events could not be kept",
		    faults, events->count);
	return events->malformed == NULL ||
	       error_set(error, ERROR_MALFORMED, "%s", events->malformed);
}

bool webhook_keep(struct service *service, struct arena *arena, const struct webhook *webhook,
    int64_t now, struct error *error)
{
	struct events events = {0};
	size_t faults;

	if (!service->provider->webhook_read(
		service->provider_state, arena, webhook, &events, error) ||
	    !presence_keep(service, arena, &events, now, &faults, error))
		return false;
	if (events.malformed != NULL)
		log_event("warning", "an event cannot be read: %s", events.malformed);
	return events_verdict(&events, faults, error);
}
