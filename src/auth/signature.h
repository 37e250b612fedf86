/* Signatures of JWTs (RFC 7515): HS256, RS256 and ES256. The work is OpenSSL's. */
#ifndef CONFAB_AUTH_SIGNATURE_H
#define CONFAB_AUTH_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "auth/key.h"
#include "base/arena.h"

/* Is `signature` (decoded, `signature_len` bytes) the key's signature over the `input_len` bytes at
 * `input` ("header.payload" as they stand in the token)? By the key's own algorithm, whatever the
 * token's header says. */
bool signature_verify(const struct key *key, const char *input, size_t input_len,
    const unsigned char *signature, size_t signature_len);

/* The HS256 signature over `input`, as base64url in the arena. The key must be one for HS256. */
const char *signature_make(const struct key *key, struct arena *arena, const char *input);

#endif
