/* Join tokens: what the service gives a person to join one meeting with, and the signalling gate
 * takes. HS256 under a key that is derived from SERVICE_SECRET, so that the gate needs no other
 * secret of the service to verify them, and can make none of the service's other tokens. */
#ifndef CONFAB_AUTH_JOIN_TOKEN_H
#define CONFAB_AUTH_JOIN_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/key.h"
#include "base/arena.h"
#include "meeting/role.h"

/* The claim iss of join tokens. */
#define JOIN_ISSUER "confab:join"

enum {
	JOIN_TOKEN_MAX = 4000, /* bytes; an attendee's id of 1,000 bytes and a long name fit */
};

/* Text is borrowed when a token is signed, and lies in the arena when one was verified. */
struct join_token {
	const char *meeting;  /* the meeting's session id: the room */
	const char *link;     /* the meeting's link; NULL: none, in a token of an earlier version */
	const char *attendee; /* who it is, as `data` of the token's request */
	const char *participant; /* this device's id in the room */
	const char *name;        /* shown to others; NULL: none */
	const char *tenant;      /* the meeting's; NULL: none */
	const char *access;      /* the meeting's when the token was given: "open", … */
	enum role role;
	int64_t expiry; /* microseconds; whole seconds go into the token */
	int64_t
	    room_expiry; /* of the room token, which is the same for each token of this person */
};

/* The key's text: GATE_JOIN_KEY for this SERVICE_SECRET. In the arena. */
const char *join_key_derive(struct arena *arena, const char *service_secret);

/* The key from its text; cleared with key_clear(). */
void join_key_load(const char *text, struct key *key);

/* The signed token, in the arena. */
const char *join_token_sign(
    const struct key *key, struct arena *arena, const struct join_token *token);

/* Reads and verifies a token of at most JOIN_TOKEN_MAX bytes at `now`. False with the reason
 * (ERROR_UNAUTHENTICATED) when it is not one of ours or has expired. */
bool join_token_verify(const struct key *key, struct arena *arena, const char *text, int64_t now,
    struct join_token *token, struct error *error);

#endif
