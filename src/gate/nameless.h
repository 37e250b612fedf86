/* How many connections an address has that have not said whose they are. */
#ifndef CONFAB_GATE_NAMELESS_H
#define CONFAB_GATE_NAMELESS_H

#include "gate/client.h"

/* Counts a new connection from this address. False: the address has as many as it may have. */
bool nameless_count(struct client *client, const char *address);

/* It has a name now, or is gone. */
void nameless_uncount(struct client *client);

#endif
