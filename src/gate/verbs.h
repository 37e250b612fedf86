/* What a page may say to Janus: a table of verbs, requests and fields. A message is read, checked
 * against the table, and written anew from the values that were read; what the table does not name
 * is refused by its name. Pure functions without I/O. */
#ifndef CONFAB_GATE_VERBS_H
#define CONFAB_GATE_VERBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "gate/refusal.h"
#include "meeting/role.h"

struct json_object;

enum {
	TRANSACTION_MAX = 128, /* bytes */
	TICKET_MAX = 512,      /* bytes */
};

enum verb {
	VERB_CONFAB, /* the gate's own: who this is, and what it comes back to */
	VERB_CREATE,
	VERB_CLAIM, /* as VERB_CONFAB, for a session of before */
	VERB_ATTACH,
	VERB_DETACH,
	VERB_KEEPALIVE,
	VERB_TRICKLE,
	VERB_HANGUP,
	VERB_DESTROY,
	VERB_MESSAGE,
};

/* A message as it was read; text and JSON belong to the arena. */
struct message {
	enum verb verb;
	const char *transaction; /* "" until it was read */
	const char *token;       /* the join token; NULL: none */
	const char *ticket;      /* what to come back to; NULL: none */
	bool echo;               /* VERB_CONFAB: only to test, see echo.h */
	int64_t seen;            /* number of the last message that the page has; -1: not said */
	int64_t handle;          /* 0: none */
	bool has_jsep;
	size_t len; /* bytes it came in */
	struct json_object *json;
};

/* Reads the parts that all messages have. False with a refusal; the transaction is filled as far
 * as it could be read. */
bool message_read(struct arena *arena, const char *text, size_t len, struct message *message,
    struct refusal *refusal);

/* Whose message it is: what Janus is told in place of what the page says. */
struct speaker {
	const char *room;
	const char *participant; /* <own>-screen is the same person's screen */
	const char *name;
	const char *core_token; /* Janus' tokens */
	const char *room_token;
	int64_t session; /* Janus' id; 0: there is none yet */
	enum role role;
	bool is_echo;       /* only tests: the echo test is all there is */
	size_t message_max; /* bytes of a message without a session description */
};

/* Writes the message as Janus gets it, into the arena. Not for VERB_CONFAB and VERB_CLAIM. False
 * with a refusal. */
bool message_rewrite(struct arena *arena, const struct speaker *speaker,
    const struct message *message, const char **text, struct refusal *refusal);

#endif
