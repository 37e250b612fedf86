/* The job room-end: ends a meeting's room at the provider. */
#include "job/handlers.h"
#include "service/room_end.h"

bool job_room_end(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	return room_end_finish(service, arena, job, error);
}
