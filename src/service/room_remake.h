/* Making the room of a running meeting again. */
#ifndef CONFAB_SERVICE_ROOM_REMAKE_H
#define CONFAB_SERVICE_ROOM_REMAKE_H

#include "meeting/job.h"
#include "service/service.h"

/* Makes sure that the meeting's room is there at the provider, with the tokens of all who may send.
 */
bool room_remake(struct service *service, struct arena *arena, const struct meeting *meeting,
    struct error *error);

/* The work of the job rooms: after the provider was restarted, makes the rooms of all running
 * meetings again, with everybody's tokens, so that the tokens people have still work. */
bool rooms_remake(
    struct service *service, struct arena *arena, const struct job *job, struct error *error);

#endif
