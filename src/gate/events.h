/* Janus' events on their way to the service: appended to a file, handed on in order. */
#ifndef CONFAB_GATE_EVENTS_H
#define CONFAB_GATE_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/gate.h"

struct session;

/* Opens the file in GATE_STATE_DIR and goes on where the last process has stopped. NULL with the
 * reason. */
struct events *events_open(struct gate *gate, struct error *error);
void events_close(struct events *events);

/* Appends one body of Janus'. False: it could not be kept. */
bool events_append(struct events *events, const char *body, size_t len);

/* Appends an event of the gate's own, of `at` (wall clock): a session was "lost" (its page's
 * connection), has come "back", or has "left" for good. Type 1024, in Janus' form. */
void events_note(
    struct events *events, const struct session *session, const char *name, int64_t at);

/* Bodies that have not been handed on. */
int64_t events_waiting(const struct events *events);

#endif
