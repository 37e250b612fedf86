/* The gate's control socket: requests of the service, and Janus' events. */
#ifndef CONFAB_GATE_CONTROL_H
#define CONFAB_GATE_CONTROL_H

#include "gate/gate.h"

/* Takes a connection over.
 *
 *   POST /push         {"events":[{"sessionId","seq","type","audience","at","data"}]} to the pages
 *   POST /remove       {"sessionId","attendee"}: ends all connections of a person in a meeting
 *   POST /end          {"sessionId"}: ends all connections of a meeting
 *   GET  /connections  who is connected, and what was counted
 *   POST /admin[/…]    handed on to Janus' Admin API
 *   POST /events       Janus' events, with JANUS_EVENT_USER and JANUS_EVENT_PASSWORD
 *
 * All but the last come with "Authorization: Bearer" and GATE_SECRET. */
void control_accept(struct gate *gate, int fd);

/* Closes all connections. */
void controls_end(struct gate *gate);

#endif
