/* Signed tokens (JWS, RFC 7515) in their compact form; the work is libjose's. */
#ifndef CONFAB_AUTH_JWS_H
#define CONFAB_AUTH_JWS_H

#include <stdbool.h>

#include "auth/key.h"
#include "base/arena.h"

/* Is the signature of `token` ("header.payload.signature", three parts of base64url) the key's? The
 * header's `alg` must be the key's own. */
bool jws_verify(const struct key *key, const char *token);

/* Signs `payload` (JSON text) and gives the token, in the arena. The key must be one for HS256. */
const char *jws_sign(const struct key *key, struct arena *arena, const char *payload);

#endif
