/* Placing meetings on media servers. */
#ifndef CONFAB_SERVICE_PLACEMENT_H
#define CONFAB_SERVICE_PLACEMENT_H

#include "service/service.h"
#include "store/media_servers.h"

/* Places a meeting that is on no server yet, when its first token is asked for, and says in
 * `meeting->server` and `row` where it is. It stays there. Several may do this at once: one of them
 * places the meeting, and all get the same answer. ERROR_UNAVAILABLE when no server takes new
 * meetings. */
bool placement_make(struct service *service, struct arena *arena, struct meeting *meeting,
    struct media_server_row *row, struct error *error);

#endif
