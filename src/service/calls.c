/* Calls: the connections on this host's media server now. */
#include "service/calls.h"

#include "service/media_servers.h"

bool calls_known(const struct service *service)
{
	return service->provider->participants != NULL;
}

bool calls_count(struct service *service, size_t *count, struct error *error)
{
	const struct media_server server = media_server_own(&service->config);
	struct arena *arena = arena_new();
	struct participants participants = {0};
	bool done = service->provider->participants(
	    service->provider_state, arena, &server, NULL, 0, &participants, error);

	*count = 0;
	for (size_t i = 0; done && i < participants.present_count; i++)
		*count += !participants.present[i].outside;
	arena_free(arena);
	return done;
}
