/* The tokens that a worker has verified. */
#ifndef CONFAB_AUTH_KNOWN_TOKENS_H
#define CONFAB_AUTH_KNOWN_TOKENS_H

#include <json-c/json.h>
#include <stddef.h>

/* Callers send the same token again and again. Decoding it and verifying its signature is much of a
 * request's work (a quarter of all instructions with HS256, more with public keys). So a worker
 * keeps the claims of tokens with a good signature. The claims themselves, such as the expiry, are
 * checked at each request. */
struct known_tokens;

/* Ends the process when there is no memory. The caller ends with known_tokens_free(), which allows
 * NULL. */
struct known_tokens *known_tokens_new(void);
void known_tokens_free(struct known_tokens *tokens);

/* The claims of a token that known_tokens_keep() has stored; NULL for any other token. Borrowed
 * until the next known_tokens_keep(). */
struct json_object *known_tokens_find(
    const struct known_tokens *tokens, const char *token, size_t len);

/* Stores a token with a good signature and those claims of its payload that the service uses. */
void known_tokens_keep(
    struct known_tokens *tokens, const char *token, size_t len, struct json_object *payload);

#endif
