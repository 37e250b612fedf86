/* The HTTP request by which a page asks for a WebSocket. */
#ifndef CONFAB_GATE_UPGRADE_H
#define CONFAB_GATE_UPGRADE_H

#include "gate/client.h"

/* Takes some more bytes of the request. When it is whole the connection is a WebSocket
 * (CLIENT_NAMELESS), or is refused and closed. */
void upgrade_take(struct client *client, const char *bytes, size_t len);

#endif
