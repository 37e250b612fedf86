/* Making the room of a running meeting again. */
#ifndef CONFAB_SERVICE_ROOM_REMAKE_H
#define CONFAB_SERVICE_ROOM_REMAKE_H

#include "meeting/job.h"
#include "service/service.h"

/* Has the provider let this person send in the meeting; makes the room if it is not there. */
bool room_grant(struct service *service, struct arena *arena, const struct media_server *server,
    const struct meeting *meeting, const struct grant *grant, struct error *error);

/* Makes sure that the meeting's room is there on its media server, with the tokens of all who may
 * send. */
bool room_remake(struct service *service, struct arena *arena, const struct media_server *server,
    const struct meeting *meeting, struct error *error);

/* The work of the job rooms: after a media server was restarted, makes the rooms of its running
 * meetings again, with everybody's tokens, so that the tokens people have still work. */
bool rooms_remake(
    struct service *service, struct arena *arena, const struct job *job, struct error *error);

#endif
