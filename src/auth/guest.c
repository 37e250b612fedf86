/* Ids of guests: people who come with an invite that names no person. */
#include "auth/guest.h"

#include <string.h>

#include "base/crypto.h"
#include "base/text.h"

enum {
	RANDOM_LEN = 16, /* characters, 96 bits */
};

static const char prefix[] = "guest-";

const char *guest_new(struct arena *arena)
{
	char random[RANDOM_LEN + 1];

	random_id(random, RANDOM_LEN);
	return arena_printf(arena, "%s%s", prefix, random);
}

static const char *signature(
    struct arena *arena, const char *service_secret, const char *meeting_link, const char *identity)
{
	unsigned char digest[SHA256_SIZE];

	derive(arena, service_secret, "guest", meeting_link, identity, digest);
	return base64url_encode(arena, digest, sizeof digest);
}

const char *guest_sign(
    struct arena *arena, const char *service_secret, const char *meeting_link, const char *identity)
{
	return arena_printf(
	    arena, "%s.%s", identity, signature(arena, service_secret, meeting_link, identity));
}

const char *guest_verify(
    struct arena *arena, const char *service_secret, const char *meeting_link, const char *value)
{
	size_t len = strcspn(value, ".");
	const char *identity = arena_strndup(arena, value, len);
	const char *good;

	if (value[len] == '\0' || strncmp(identity, prefix, sizeof prefix - 1) != 0)
		return NULL;
	good = signature(arena, service_secret, meeting_link, identity);
	return secret_equal(value + len + 1, strlen(value + len + 1), good, strlen(good)) ? identity
											  : NULL;
}
