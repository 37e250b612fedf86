/* The keys that sign and verify bearer tokens, made from the settings. */
#ifndef CONFAB_AUTH_KEY_H
#define CONFAB_AUTH_KEY_H

#include <stdbool.h>

#include "base/config.h"
#include "base/error.h"

/* The issuer of invites. An invite is a token of the service itself, which lets somebody into one
 * meeting. It is HS256 with SERVICE_SECRET, also when the API's tokens use another algorithm. Its
 * meetingRole and the route table say what it allows; its other claims do not. */
#define INVITE_ISSUER "confab:invite"

/* The key for the tokens of one issuer. */
struct key {
	const char *algorithm; /* as in a token's header: "HS256", "RS256" or "ES256" */
	struct json_t *jwk;    /* owned; the key in libjose's form, with `alg` */
	char *issuer;
	bool require_exp;
};

/* The key of the API's tokens: JWT_SECRET (HS256) or JWT_PUBLIC_KEY_FILE (RS256 for RSA, ES256 for
 * P-256), and JWT_ISSUER. The error names the wrong setting. The caller ends with key_clear() also
 * after an error. */
bool key_load_api(const struct config *config, struct key *key, struct error *error);

/* The key of invites: SERVICE_SECRET (HS256). */
void key_load_invites(const struct config *config, struct key *key);

void key_clear(struct key *key);

#endif
