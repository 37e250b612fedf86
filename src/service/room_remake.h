/* Makes the room of a running meeting again. */
#ifndef CONFAB_SERVICE_ROOM_REMAKE_H
#define CONFAB_SERVICE_ROOM_REMAKE_H

#include "meeting/job.h"
#include "service/service.h"

/* Gives the provider the person's grant in the meeting; makes the room if it is missing. */
bool room_grant(struct service *service, struct arena *arena, const struct media_server *server,
    const struct meeting *meeting, const struct grant *grant, struct error *error);

/* Makes the meeting's room on its media server if it is missing, with the tokens of all sending
 * grants. */
bool room_remake(struct service *service, struct arena *arena, const struct media_server *server,
    const struct meeting *meeting, struct error *error);

/* The work of the job rooms: after a restart of a media server, makes the rooms of its running
 * meetings again. The rooms get the tokens of all grants, so that the tokens in use still work. */
bool rooms_remake(
    struct service *service, struct arena *arena, const struct job *job, struct error *error);

#endif
