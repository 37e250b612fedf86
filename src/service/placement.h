/* Places meetings on media servers. */
#ifndef CONFAB_SERVICE_PLACEMENT_H
#define CONFAB_SERVICE_PLACEMENT_H

#include "service/service.h"
#include "store/media_servers.h"

/* Places a meeting that is on no server yet, and writes the server into `meeting->server` and
 * `row`. The first token request of a meeting calls this. The meeting stays there. If several
 * requests do this at once, one of them places the meeting, and all get the same answer.
 * ERROR_UNAVAILABLE if no server takes new meetings. */
bool placement_make(struct service *service, struct arena *arena, struct meeting *meeting,
    struct media_server_row *row, struct error *error);

#endif
