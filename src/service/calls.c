/* Calls: who is connected to the media server now. */
#include "service/calls.h"

bool calls_known(const struct service *service)
{
	return service->provider->participants != NULL;
}

bool calls_count(struct service *service, size_t *count, struct error *error)
{
	struct arena *arena = arena_new();
	const char *const *alive;
	struct presence *present;
	size_t alive_count, present_count;
	bool done = service->provider->participants(service->provider_state, arena, NULL, 0, &alive,
	    &alive_count, &present, &present_count, error);

	*count = 0;
	for (size_t i = 0; done && i < present_count; i++)
		*count += !present[i].outside;
	arena_free(arena);
	return done;
}
