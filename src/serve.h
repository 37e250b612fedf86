/* A worker of the pool: serves FastCGI requests from the pool's listening socket. */
#ifndef CONFAB_SERVE_H
#define CONFAB_SERVE_H

#include <stdbool.h>

struct api;

/* Serves requests from the listening socket (standard input) until the worker gets a signal or has
 * served WORKER_MAX_REQUESTS. It finishes each request that it has accepted.
 *
 * TERM, INT, QUIT and USR1 end the pool. Its workers first serve every connection in the socket's
 * queue, because the queue disappears with the last worker. With `socket_stays` (systemd holds the
 * socket) the queue stays, and the worker leaves it to the next pool. HUP ends one worker; the
 * others go on.
 *
 * A worker blocks these five signals and no others: the scripts read that in /proc/PID/status to
 * see that it has started.
 *
 * Returns the exit status: 0, or 1 after an error, which is logged. */
int serve_fcgi(struct api *api, bool socket_stays);

#endif
