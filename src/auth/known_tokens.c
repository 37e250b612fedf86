/* The tokens that a worker has verified: a hash table with one token per slot. */
#include "auth/known_tokens.h"

#include <stdlib.h>
#include <string.h>

#include "auth/claims.h"
#include "base/json.h"
#include "base/text.h"

enum {
	TOKENS_MAX = 64,
	PERMISSIONS_MAX = 256, /* a token with more is not kept */
};

/* Only the claims that the service uses are kept, so that 64 tokens of the greatest length take
 * less than 4 MiB. */
struct known {
	char *token; /* NULL: the slot is free */
	size_t len;
	struct json_object *claims;
};

struct known_tokens {
	struct known slots[TOKENS_MAX];
};

struct known_tokens *known_tokens_new(void)
{
	struct known_tokens *tokens = calloc(1, sizeof *tokens);

	if (tokens == NULL)
		abort();
	return tokens;
}

static void known_clear(struct known *known)
{
	free(known->token);
	json_object_put(known->claims);
}

void known_tokens_free(struct known_tokens *tokens)
{
	if (tokens == NULL)
		return;
	for (size_t i = 0; i < TOKENS_MAX; i++)
		known_clear(&tokens->slots[i]);
	free(tokens);
}

/* The number of the token's slot. The last bytes of a token are those of its signature, and as good
 * as random. */
static size_t slot_of(const char *token, size_t len)
{
	unsigned hash = 0;

	for (size_t i = len < 8 ? 0 : len - 8; i < len; i++)
		hash = hash * 31 + (unsigned char)token[i];
	return hash % TOKENS_MAX;
}

/* Compares in constant time: the time must not show how much of a guessed token is right. */
struct json_object *known_tokens_find(
    const struct known_tokens *tokens, const char *token, size_t len)
{
	const struct known *known = &tokens->slots[slot_of(token, len)];

	if (known->token == NULL || !secret_equal(known->token, known->len, token, len))
		return NULL;
	return known->claims;
}

void known_tokens_keep(
    struct known_tokens *tokens, const char *token, size_t len, struct json_object *payload)
{
	struct json_object *permissions = json_member(payload, "permissions", json_type_array);
	struct known *known = &tokens->slots[slot_of(token, len)];

	if (permissions != NULL && json_object_array_length(permissions) > PERMISSIONS_MAX)
		return;
	known_clear(known);
	known->token = strdup(token);
	if (known->token == NULL)
		abort();
	known->len = len;
	known->claims = claims_select(payload);
}
