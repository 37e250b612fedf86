/* From an Authorization header to a principal: a bearer token is a JWT (RFC 7519). */
#ifndef CONFAB_AUTH_BEARER_H
#define CONFAB_AUTH_BEARER_H

#include <stdint.h>

#include "auth/principal.h"

struct bearer_keys; /* the configured key and issuer, and those of invites */

/* Reads JWT_SECRET or JWT_PUBLIC_KEY_FILE, JWT_ISSUER, and SERVICE_SECRET for invites. The error
 * names the wrong setting: none or both given, a secret under 32 bytes, a file that is no RSA or
 * P-256 public key, no issuer or that of invites. */
bool bearer_keys_load(const struct config *config, struct bearer_keys **keys, struct error *error);
void bearer_keys_free(struct bearer_keys *keys);

/* Verifies `authorization` (the header's value, or NULL) at the time `now` in microseconds. On
 * failure ERROR_UNAUTHENTICATED, whose code is the word for WWW-Authenticate's error_description:
 * NULL (no credentials at all), malformed, algorithm, signature, issuer, expired, not_yet_valid,
 * no_expiry or password_expired. */
bool bearer_verify(const struct bearer_keys *keys, struct arena *arena, const char *authorization,
    int64_t now, struct principal *principal, struct error *error);

/* What goes into a token that is minted here. NULL members are left out. */
struct bearer_claims {
	const char *actor;
	const char *tenant;
	const char *name; /* of an invite: whom it is for */
	const char *const *permissions;
	size_t permission_count;
	const char *meeting_link;
	const char *meeting_role;
	int64_t issued_at; /* microseconds */
	int64_t expiry;
};

/* Mints a bearer token with JWT_SECRET; ERROR_INTERNAL when a public key is configured instead. */
bool bearer_mint(const struct bearer_keys *keys, struct arena *arena,
    const struct bearer_claims *claims, const char **token, struct error *error);

/* Mints an invite; actor, meeting_link and meeting_role must be given. */
const char *bearer_mint_invite(
    const struct bearer_keys *keys, struct arena *arena, const struct bearer_claims *claims);

#endif
