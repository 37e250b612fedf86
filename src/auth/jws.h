/* Signed tokens (JWS, RFC 7515) in their compact form. */
#ifndef CONFAB_AUTH_JWS_H
#define CONFAB_AUTH_JWS_H

#include <stdbool.h>

#include "auth/key.h"
#include "base/arena.h"

/* Did this key sign the token ("header.payload.signature", three parts of base64url)? The header's
 * `alg` must be that of the key. */
bool jws_verify(const struct key *key, const char *token);

/* Signs `payload` (JSON text). The token lies in the arena. The key must be one for HS256. */
const char *jws_sign(const struct key *key, struct arena *arena, const char *payload);

#endif
