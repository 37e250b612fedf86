/* A worker of the pool: serves FastCGI requests from the pool's listening socket. */
#ifndef CONFAB_SERVE_H
#define CONFAB_SERVE_H

#include <stdbool.h>

struct api;

/* Serves requests from the listening socket, which is standard input, until the worker is told to
 * end or has served WORKER_MAX_REQUESTS. A request that was accepted is always finished.
 *
 * TERM, INT, QUIT and USR1 end the pool: its workers first serve every connection that waits in the
 * socket's queue, because the queue is gone with the last of them. With `socket_stays` (systemd
 * holds the socket) the queue outlives the pool, and the worker leaves it to the next one. HUP
 * replaces one worker: the others go on.
 *
 * A worker that has started blocks these five signals and no other: the scripts see that in
 * /proc/PID/status.
 *
 * Returns the exit status: 0, or 1 after an error, which is logged. */
int serve_fcgi(struct api *api, bool socket_stays);

#endif
