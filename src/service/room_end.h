/* The end of a meeting's room at the provider, and the sizes of its recordings. */
#ifndef CONFAB_SERVICE_ROOM_END_H
#define CONFAB_SERVICE_ROOM_END_H

#include "meeting/job.h"
#include "service/service.h"

/* The work of the job room-end: destroys the room of an ended meeting at the provider. It may still
 * be there because a token request overlapped the end, or the provider was out of reach. After that
 * the recordings are complete: writes their sizes. */
bool room_end_finish(
    struct service *service, struct arena *arena, const struct job *job, struct error *error);

#endif
