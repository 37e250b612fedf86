/* The end of a meeting's room at the provider, and what is left to do then. */
#ifndef CONFAB_SERVICE_ROOM_END_H
#define CONFAB_SERVICE_ROOM_END_H

#include "meeting/job.h"
#include "service/service.h"

/* The work of the job room-end: makes sure that an ended meeting's room is gone at the provider,
 * also when a token request overlapped the end or the provider was out of reach then. Afterwards
 * the recordings are complete: keeps how large they are. */
bool room_end_finish(
    struct service *service, struct arena *arena, const struct job *job, struct error *error);

#endif
