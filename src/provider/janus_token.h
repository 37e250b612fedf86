/* Janus' signed tokens: minted here without asking Janus, and read back from its events.
 *
 * token = data ":" base64(HMAC-SHA1(token_auth_secret, data)); data = "<unix expiry>,<realm>,…".
 * Janus looks at expiry, realm, plugin and room; further descriptors are signed and otherwise
 * ignored: that is where identity and role go (measured with Janus 1.1.2). */
#ifndef CONFAB_PROVIDER_JANUS_TOKEN_H
#define CONFAB_PROVIDER_JANUS_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "meeting/role.h"

struct janus_identity {
	int64_t expiry; /* microseconds; whole seconds go into the token */
	const char *room;
	const char *attendee;
	enum role role;
	const char *tenant; /* the meeting's, for core tokens; NULL: none. It is not read back. */
};

/* The token that goes with every message. Its role is the person's own. */
const char *janus_core_token(
    struct arena *arena, const char *secret, const struct janus_identity *identity);

/* The token that goes with joining a room, and into the room's list of those who may send. It is
 * the same for everyone who may send, so that the list has one entry a person. */
const char *janus_room_token(
    struct arena *arena, const char *secret, const struct janus_identity *identity);

/* Reads either. False if the signature is wrong or anything is missing; whether it has expired is
 * for Janus to say, not for us. The text lies in the arena. */
bool janus_token_read(struct arena *arena, const char *secret, const char *token, size_t len,
    struct janus_identity *identity);

/* The start of all participant ids that this person may have in this room: "<16 characters>-". */
enum { JANUS_PARTICIPANT_PREFIX = 17 };
void janus_participant_prefix(struct arena *arena, const char *secret, const char *room,
    const char *attendee, char prefix[static JANUS_PARTICIPANT_PREFIX + 1]);

#endif
