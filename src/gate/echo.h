/* Echo sessions: before a call a person tests it. Janus' echo test sends back what the person
 * sends. Such a session is in no meeting: other people and events do not have it, and the list of
 * connections has Janus' id alone. */
#ifndef CONFAB_GATE_ECHO_H
#define CONFAB_GATE_ECHO_H

#include "gate/session.h"

#define ECHO_LIFE (30 * SECOND) /* then the gate ends it; a test takes 10 s at most */

/* May this person begin one now? One at a time, and there is a limit for all. False with a refusal.
 */
bool echo_may_begin(
    struct gate *gate, const struct identity *identity, int64_t now, struct refusal *refusal);

/* Puts a session into the gate's list of echo sessions, and takes it out. */
void echo_add(struct session *session);
void echo_remove(struct session *session);

#endif
