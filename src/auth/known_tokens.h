/* The tokens that a worker has verified before. */
#ifndef CONFAB_AUTH_KNOWN_TOKENS_H
#define CONFAB_AUTH_KNOWN_TOKENS_H

#include <json-c/json.h>
#include <stddef.h>

/* Callers send the same token again and again, and most of a request's work is decoding it and
 * checking its signature (a quarter of all instructions with HS256, more with public keys). So a
 * worker keeps the claims of the last tokens with a good signature. It checks the claims anew for
 * each request. */
struct known_tokens;

/* Ends the process when there is no memory. known_tokens_free() when done; NULL is allowed. */
struct known_tokens *known_tokens_new(void);
void known_tokens_free(struct known_tokens *tokens);

/* The claims of a token that known_tokens_keep() has got; NULL for any other. The claims are
 * borrowed until the next known_tokens_keep(). */
struct json_object *known_tokens_find(
    const struct known_tokens *tokens, const char *token, size_t len);

/* Keeps a token whose signature is good, and the claims of its payload that are used. */
void known_tokens_keep(
    struct known_tokens *tokens, const char *token, size_t len, struct json_object *payload);

#endif
