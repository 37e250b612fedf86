/* Verifies bearer tokens (JWT, RFC 7519) and mints them. */
#ifndef CONFAB_AUTH_BEARER_H
#define CONFAB_AUTH_BEARER_H

#include <stdint.h>

#include "auth/principal.h"

struct bearer_keys; /* the keys and issuers of the API's tokens and of invites */

/* Reads JWT_SECRET or JWT_PUBLIC_KEY_FILE, and JWT_ISSUER; SERVICE_SECRET for invites. The error
 * names the wrong setting: both keys or none, a secret under 32 bytes, a file without an RSA or
 * P-256 public key, no issuer, or the issuer of invites. The caller ends with bearer_keys_free()
 * also after an error. */
bool bearer_keys_load(const struct config *config, struct bearer_keys **keys, struct error *error);
void bearer_keys_free(struct bearer_keys *keys);

/* Verifies the token of `authorization` (the value of the header, or NULL) at the time `now`
 * (microseconds). On failure ERROR_UNAUTHENTICATED. Its code is the word for error_description of
 * WWW-Authenticate: malformed, algorithm, signature, issuer, expired, not_yet_valid, no_expiry or
 * password_expired. The code is NULL when there is no token. */
bool bearer_verify(const struct bearer_keys *keys, struct arena *arena, const char *authorization,
    int64_t now, struct principal *principal, struct error *error);

/* The claims of a new token. A member that is NULL is left out. */
struct bearer_claims {
	const char *actor;
	const char *tenant;
	const char *name; /* of an invite: the person that it is for */
	const char *const *permissions;
	size_t permission_count;
	const char *meeting_link;
	const char *meeting_role;
	int64_t issued_at; /* microseconds */
	int64_t expiry;
};

/* Mints a bearer token with JWT_SECRET. ERROR_INTERNAL when there is only a public key. */
bool bearer_mint(const struct bearer_keys *keys, struct arena *arena,
    const struct bearer_claims *claims, const char **token, struct error *error);

/* Mints an invite. It needs actor, meeting_link and meeting_role. */
const char *bearer_mint_invite(
    const struct bearer_keys *keys, struct arena *arena, const struct bearer_claims *claims);

#endif
