/* The signalling gate in front of a media server: the service tells it what has happened. Without a
 * gate, and while it does not answer, nothing is told: gate and pages ask for what they missed. */
#ifndef CONFAB_SERVICE_GATE_H
#define CONFAB_SERVICE_GATE_H

#include "service/service.h"

/* Sends the events that this request or job has written to the gates of their meetings' servers.
 * For the time after the answer. A gate that failed is left out by all workers for 2 s. */
void gate_push(struct service *service, struct arena *arena);

/* Ends all connections of an attendee in a session, those who only listen or wait too. */
void gate_remove(struct service *service, struct arena *arena, const struct session_ref *session,
    const char *attendee);

/* Ends all connections in a session. */
void gate_end(struct service *service, struct arena *arena, const struct session_ref *session);

#endif
