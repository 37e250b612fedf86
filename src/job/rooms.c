/* The job rooms: makes the rooms of running meetings again. */
#include "job/handlers.h"
#include "service/room_remake.h"

bool job_rooms(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	return rooms_remake(service, arena, job, error);
}
