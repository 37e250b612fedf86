/* The signalling gate in front of a media server: the service tells it what has happened. Without a
 * gate it tells nothing. What a gate misses while it does not answer, a job sends it soon after. */
#ifndef CONFAB_SERVICE_GATE_H
#define CONFAB_SERVICE_GATE_H

#include "meeting/job.h"
#include "service/service.h"

/* Sends the events that this request or job has written to the gates of their meetings' servers.
 * For the time after the answer. A gate that failed is left out by all workers for 2 s; then the
 * job JOB_EVENTS sends it the newest event of each meeting. */
void gate_push(struct service *service, struct arena *arena);

/* The work of the job JOB_EVENTS. From the newest event of a meeting the gate sees that it has
 * missed others, and asks for them. False with an error: the gate does not answer. */
bool gate_catch_up(
    struct service *service, struct arena *arena, const struct job *job, struct error *error);

/* Ends all connections of an attendee in a session, those who only listen or wait too. */
void gate_remove(struct service *service, struct arena *arena, const struct session_ref *session,
    const char *attendee);

/* Ends all connections in a session. */
void gate_end(struct service *service, struct arena *arena, const struct session_ref *session);

#endif
