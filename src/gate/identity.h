/* Whose connection it is: read from a join token, and what Janus is told of it. */
#ifndef CONFAB_GATE_IDENTITY_H
#define CONFAB_GATE_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/gate.h"
#include "gate/verbs.h"
#include "meeting/role.h"

/* Text is owned. */
struct identity {
	char *room, *attendee, *participant;
	char *name, *tenant; /* NULL: none */
	char *token;         /* the join token itself, to ask the service about */
	enum role role;
	bool is_echo;        /* only tests: Janus is not told who it is */
	bool is_open;        /* anybody may join the meeting, as far as the token knows */
	int64_t expiry;      /* wall clock */
	int64_t room_expiry; /* of Janus' token for the room */
	char *core_token;    /* Janus' token for all messages; NULL: not made yet */
	int64_t core_expiry;
};

/* Verifies a join token. False with a refusal; the caller clears the identity in either case. */
bool identity_read(
    const struct gate *gate, const char *token, struct identity *identity, struct refusal *refusal);
void identity_clear(struct identity *identity);

/* The same person on the same device? */
bool identity_same(const struct identity *a, const struct identity *b);

/* Janus' token for all messages, valid for an hour at least. */
const char *identity_core_token(const struct gate *gate, struct identity *identity);

/* Janus' token for joining the room: always the same for this person and role. In the arena. */
const char *identity_room_token(const struct gate *gate, const struct identity *identity);

/* A ticket: a session of Janus', sealed for this participant: it is of no use to anybody else. In
 * the arena. */
const char *ticket_seal(const struct gate *gate, const struct identity *identity, int64_t session);

/* The session in a ticket; 0 when it is not one of this participant's. */
int64_t ticket_open(const struct gate *gate, const struct identity *identity, const char *ticket);

#endif
