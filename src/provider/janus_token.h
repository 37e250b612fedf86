/* Janus' signed tokens: mints them without Janus, and reads them from its events.
 *
 * token = data ":" base64(HMAC-SHA1(token_auth_secret, data)); data = "<unix expiry>,<realm>,…".
 * Janus checks expiry, realm, plugin and room. It ignores further descriptors, but they are signed:
 * they hold identity and role (measured with Janus 1.1.2). */
#ifndef CONFAB_PROVIDER_JANUS_TOKEN_H
#define CONFAB_PROVIDER_JANUS_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "meeting/role.h"

struct janus_identity {
	int64_t expiry; /* microseconds; the token has whole seconds */
	const char *room;
	const char *attendee;
	enum role role;
	const char *tenant; /* of the meeting, in core tokens; NULL: none. It is not read. */
};

/* The token for every message to Janus. It holds the person's own role. */
const char *janus_core_token(
    struct arena *arena, const char *secret, const struct janus_identity *identity);

/* The token for every message of a session that only tests the connection: it is good for Janus'
 * echo test alone, and names nobody. `expiry` as in struct janus_identity. */
const char *janus_echo_token(struct arena *arena, const char *secret, int64_t expiry);

/* The token for joining a room, and for the room's list of senders. It is the same for all sending
 * roles of a person: the list has one entry for each person. */
const char *janus_room_token(
    struct arena *arena, const char *secret, const struct janus_identity *identity);

/* Reads a token of either kind. False if the signature is wrong or a part is missing. Does not
 * check the expiry: Janus does. The text lies in the arena. */
bool janus_token_read(struct arena *arena, const char *secret, const char *token, size_t len,
    struct janus_identity *identity);

/* Makes the prefix of all the person's participant ids in this room: "<16 characters>-". */
enum { JANUS_PARTICIPANT_PREFIX = 17 };
void janus_participant_prefix(struct arena *arena, const char *secret, const char *room,
    const char *attendee, char prefix[static JANUS_PARTICIPANT_PREFIX + 1]);

#endif
