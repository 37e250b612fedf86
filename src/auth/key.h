/* The keys that bearer tokens are signed and verified with, from the settings. */
#ifndef CONFAB_AUTH_KEY_H
#define CONFAB_AUTH_KEY_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "base/error.h"

/* The issuer of invites: tokens of the service's own that let somebody into one meeting. They are
 * HS256 under SERVICE_SECRET, whatever the API's tokens are signed with; what an invite allows
 * follows from its meetingRole and the route table, not from what else it says. */
#define INVITE_ISSUER "confab:invite"

enum key_algorithm { KEY_HS256, KEY_RS256, KEY_ES256 };

/* What tokens of one issuer are verified with. */
struct key {
	enum key_algorithm algorithm;
	char *secret; /* of KEY_HS256 */
	size_t secret_len;
	EVP_PKEY *public_key; /* of the others */
	char *issuer;
	bool require_exp;
};

/* The key of the API's tokens: JWT_SECRET (HS256) or JWT_PUBLIC_KEY_FILE (RS256 for RSA, ES256 for
 * P-256), and JWT_ISSUER. The error names the wrong setting. To be cleared in any case. */
bool key_load_api(const struct config *config, struct key *key, struct error *error);

/* The key of invites: SERVICE_SECRET (HS256), whatever the API's tokens are signed with. */
void key_load_invites(const struct config *config, struct key *key);

void key_clear(struct key *key);

/* The algorithm's name as a token's header has it. */
const char *key_algorithm_name(const struct key *key);

#endif
