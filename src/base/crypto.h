/* Random ids, digests and encodings, made with OpenSSL. */
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

/* The size of base64 text of `n` bytes, with its NUL. */
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

/* Fills `bytes` from the kernel's random source. Ends the process when that fails. */
void random_bytes(void *bytes, size_t len);

/* Writes `len` random characters of [A-Za-z0-9_-] (6 bits each) and a NUL. */
void random_id(char *text, size_t len);

/* A random number from 0 to `bound` - 1, for jitter. `bound` is at least 1. */
uint32_t random_below(uint32_t bound);

/* Digests. `digest` has SHA1_SIZE or SHA256_SIZE bytes. */
void sha256(const void *data, size_t len, unsigned char digest[static SHA256_SIZE]);
void hmac_sha1(const void *key, size_t key_len, const void *data, size_t len,
    unsigned char digest[static SHA1_SIZE]);
void hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
    unsigned char digest[static SHA256_SIZE]);

/* Derives a key or a proof from the service's own key: HMAC-SHA-256 under `secret`. The message is
 * `purpose`, `first` and (unless it is NULL) `second`, separated by NULs, so that two different
 * triples never give the same message. */
void derive(struct arena *arena, const char *secret, const char *purpose, const char *first,
    const char *second, unsigned char digest[static SHA256_SIZE]);

/* Writes `len` bytes as lower-case hex and a NUL: 2 * len + 1 bytes at `text`. */
void hex_encode(const unsigned char *bytes, size_t len, char *text);

/* Standard base64 with padding. The result lies in the arena. */
char *base64_encode(struct arena *arena, const void *bytes, size_t len);

/* URL-safe base64 without padding. The result lies in the arena. */
char *base64url_encode(struct arena *arena, const void *bytes, size_t len);

/* Reads standard base64 (with padding) or URL-safe base64 (without). The result lies in the arena,
 * with a NUL after it. NULL when `text` is anything else. */
unsigned char *base64_decode(struct arena *arena, const char *text, size_t len, size_t *out_len);
unsigned char *base64url_decode(struct arena *arena, const char *text, size_t len, size_t *out_len);

#endif
