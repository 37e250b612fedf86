/* Looks for Authorization headers and signed payloads that crash bearer_verify(). Input: the value
 * of the header; or a line with the header of a token and then its payload, which the harness
 * signs. */
#include <stdlib.h>
#include <string.h>

#include "auth/bearer.h"
#include "base/clock.h"
#include "base/crypto.h"

#define SECRET "0123456789abcdef0123456789abcdef"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int64_t now = INT64_C(1795348800) * SECOND;

static struct bearer_keys *keys_make(void)
{
	const struct config config = {.jwt_secret = SECRET,
	    .jwt_public_key_file = "",
	    .jwt_issuer = "fuzz",
	    .service_secret = SECRET, /* signed input with the issuer of invites is an invite */
	    .jwt_require_exp = true};
	struct error error = {0};
	struct bearer_keys *keys;

	if (!bearer_keys_load(&config, &keys, &error))
		abort();
	return keys;
}

static const char *token_sign(
    struct arena *arena, const uint8_t *data, size_t header_len, size_t size)
{
	const char *input = arena_printf(arena, "%s.%s", base64url_encode(arena, data, header_len),
	    base64url_encode(arena, data + header_len + 1, size - header_len - 1));
	unsigned char digest[SHA256_SIZE];

	hmac_sha256(SECRET, strlen(SECRET), input, strlen(input), digest);
	return arena_printf(
	    arena, "Bearer %s.%s", input, base64url_encode(arena, digest, sizeof digest));
}

static void verify(const struct bearer_keys *keys, struct arena *arena, const char *authorization)
{
	struct principal principal = {0};
	struct error error = {0};

	if (bearer_verify(keys, arena, authorization, now, &principal, &error)) {
		if (principal.actor == NULL || *principal.actor == '\0' ||
		    strlen(principal.actor) > ACTOR_MAX)
			abort();
		for (size_t i = 0; i < principal.permission_count; i++) {
			if (!principal_may(&principal, principal.permissions[i]))
				abort();
		}
	} else if (error.kind != ERROR_UNAUTHENTICATED) {
		abort();
	}
	error_clear(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bearer_keys *keys = keys_make();
	struct arena *arena = arena_new();
	const uint8_t *line_end = size == 0 ? NULL : memchr(data, '\n', size);

	if (line_end != NULL)
		verify(keys, arena, token_sign(arena, data, (size_t)(line_end - data), size));
	else
		verify(keys, arena, arena_strndup(arena, (const char *)data, size));
	arena_free(arena);
	bearer_keys_free(keys);
	return 0;
}
