/* The keys that bearer tokens are signed and verified with, from the settings. */
#ifndef CONFAB_AUTH_KEY_H
#define CONFAB_AUTH_KEY_H

#include <stdbool.h>

#include "base/config.h"
#include "base/error.h"

/* The issuer of invites: tokens of the service's own that let somebody into one meeting. They are
 * HS256 under SERVICE_SECRET, whatever the API's tokens are signed with; what an invite allows
 * follows from its meetingRole and the route table, not from what else it says. */
#define INVITE_ISSUER "confab:invite"

/* What tokens of one issuer are verified with. */
struct key {
	const char *algorithm; /* as a token's header has it: "HS256", "RS256" or "ES256" */
	struct json_t *jwk;    /* owned; libjose's form of the key, its `alg` is the algorithm */
	char *issuer;
	bool require_exp;
};

/* The key of the API's tokens: JWT_SECRET (HS256) or JWT_PUBLIC_KEY_FILE (RS256 for RSA, ES256 for
 * P-256), and JWT_ISSUER. The error names the wrong setting. To be cleared in any case. */
bool key_load_api(const struct config *config, struct key *key, struct error *error);

/* A key of the service's own for HS256 tokens of this issuer. */
void key_load_secret(const char *secret, const char *issuer, struct key *key);

/* The key of invites: SERVICE_SECRET (HS256), whatever the API's tokens are signed with. */
void key_load_invites(const struct config *config, struct key *key);

void key_clear(struct key *key);

#endif
