/* Random ids, digests and encodings; the work is OpenSSL's. */
#ifndef CONFAB_BASE_CRYPTO_H
#define CONFAB_BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum {
	SHA1_SIZE = 20,
	SHA256_SIZE = 32,
};

/* A buffer for base64 of `n` bytes, NUL included. */
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

/* Fills `bytes` from the kernel's random source. Ends the process if there is none. */
void random_bytes(void *bytes, size_t len);

/* Writes `len` random characters of [A-Za-z0-9_-] (6 bits each) and a NUL. */
void random_id(char *text, size_t len);

/* A random number from 0 to `bound` - 1, for jitter. `bound` is at least 1. */
uint32_t random_below(uint32_t bound);

/* Digests. `digest` has SHA1_SIZE or SHA256_SIZE bytes. */
void sha1(const void *data, size_t len, unsigned char digest[static SHA1_SIZE]);
void sha256(const void *data, size_t len, unsigned char digest[static SHA256_SIZE]);
void hmac_sha1(const void *key, size_t key_len, const void *data, size_t len,
    unsigned char digest[static SHA1_SIZE]);
void hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
    unsigned char digest[static SHA256_SIZE]);

/* What the service derives from its own key for one purpose: HMAC-SHA-256 under `secret` of
 * `purpose`, `first` and, unless it is NULL, `second`, with a NUL between each two, so that none of
 * them can be taken for a part of another. */
void derive(struct arena *arena, const char *secret, const char *purpose, const char *first,
    const char *second, unsigned char digest[static SHA256_SIZE]);

/* Lower-case hex of `len` bytes and a NUL: 2 * len + 1 bytes at `text`. */
void hex_encode(const unsigned char *bytes, size_t len, char *text);

/* Standard base64 with padding, into the arena. */
char *base64_encode(struct arena *arena, const void *bytes, size_t len);

/* URL-safe base64 without padding, into the arena. */
char *base64url_encode(struct arena *arena, const void *bytes, size_t len);

/* Reads standard (padding due) or URL-safe (no padding) base64. The result lies in the arena with a
 * NUL behind it. NULL if `text` is not exactly that. */
unsigned char *base64_decode(struct arena *arena, const char *text, size_t len, size_t *out_len);
unsigned char *base64url_decode(struct arena *arena, const char *text, size_t len, size_t *out_len);

#endif
