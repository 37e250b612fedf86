/* Echo sessions: before a call a person tests it. Janus' echo test sends back what the person
 * sends. Such a session is in no meeting: other people and events do not have it, and the list of
 * connections has Janus' id alone. */
#ifndef CONFAB_GATE_ECHO_H
#define CONFAB_GATE_ECHO_H

#include "gate/session.h"

/* May this person begin one? The same participant's older one ends: its page has begun anew. False
 * with a refusal. */
bool echo_may_begin(struct gate *gate, const struct identity *identity, struct refusal *refusal);

/* Takes a place for this session, after the service has let the person in: people who are turned
 * away take none. False with a refusal. */
bool echo_place_find(struct session *session, struct refusal *refusal);

/* Ends those of a meeting: all, or (not NULL) those of one attendee. Tells the pages the state.
 * Gives how many there were. */
int64_t echoes_tell_end(
    struct gate *gate, const char *room, const char *attendee, uint16_t code, const char *state);

/* Ends the one of this participant, who is in the call now. */
void echo_end_of(struct gate *gate, const struct identity *identity);

/* Puts a session into the gate's list of echo sessions, and takes it out. */
void echo_add(struct session *session);
void echo_remove(struct session *session);

#endif
