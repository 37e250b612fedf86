/* The job events: sends the gate of a media server what it may have missed. */
#include "job/handlers.h"
#include "service/gate.h"

bool job_events(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	return gate_catch_up(service, arena, job, error);
}
