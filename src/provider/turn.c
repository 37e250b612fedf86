/* TURN servers for people behind firewalls: credentials of coturn's shared-secret scheme.
 *
 * username = "<unix expiry>:<user>", credential = base64(HMAC-SHA1(TURN_SECRET, username)):
 * coturn's use-auth-secret. */
#include "provider/turn.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"

static const char separators[] = " ,\t";

/* Finds the next URL of the list, and its length; NULL at the end. */
static const char *url_next(const char **list, size_t *len)
{
	const char *url = *list + strspn(*list, separators);

	*len = strcspn(url, separators);
	*list = url + *len;
	return *len == 0 ? NULL : url;
}

static bool url_starts(const char *url, size_t len, const char *scheme)
{
	size_t scheme_len = strlen(scheme);

	return len > scheme_len && strncmp(url, scheme, scheme_len) == 0;
}

static bool url_is_turn(const char *url, size_t len)
{
	return url_starts(url, len, "turn:") || url_starts(url, len, "turns:");
}

static bool url_is_stun(const char *url, size_t len)
{
	return url_starts(url, len, "stun:") || url_starts(url, len, "stuns:");
}

bool turn_check(const struct config *config, struct error *error)
{
	const char *list = config->turn_urls;
	const char *url;
	size_t len;

	while ((url = url_next(&list, &len)) != NULL) {
		if (!url_is_turn(url, len) && !url_is_stun(url, len))
			return error_set(error, ERROR_INTERNAL,
			    "TURN_URLS: each must start with turn:, turns:, stun: or stuns:");
		if (url_is_turn(url, len) && *config->turn_secret == '\0')
			return error_set(
			    error, ERROR_INTERNAL, "TURN_SECRET: is missing (TURN_URLS needs it)");
	}
	return true;
}

/* Opens an object, and writes the URLs of one kind as its member "urls". If there are none, writes
 * nothing and returns false. */
static bool server_open(struct json_writer *answer, const struct config *config,
    struct arena *arena, bool (*is_wanted)(const char *, size_t))
{
	const char *list = config->turn_urls;
	const char *url;
	bool opened = false;
	size_t len;

	while ((url = url_next(&list, &len)) != NULL) {
		if (!is_wanted(url, len))
			continue;
		if (!opened) {
			json_write_object(answer, NULL);
			json_write_array(answer, "urls");
		}
		opened = true;
		json_write_text(answer, NULL, arena_strndup(arena, url, len));
	}
	if (opened)
		json_close_array(answer);
	return opened;
}

static void credential_write(struct json_writer *answer, const struct config *config,
    struct arena *arena, int64_t expiry, const char *user)
{
	const char *name = arena_printf(arena, "%" PRId64 ":%s", expiry / SECOND, user);
	unsigned char digest[SHA1_SIZE];

	hmac_sha1(config->turn_secret, strlen(config->turn_secret), name, strlen(name), digest);
	json_write_text(answer, "username", name);
	json_write_text(answer, "credential", base64_encode(arena, digest, sizeof digest));
}

void turn_write(struct json_writer *answer, const char *key, struct arena *arena,
    const struct config *config, int64_t expiry, const char *user)
{
	json_write_array(answer, key);
	if (server_open(answer, config, arena, url_is_stun))
		json_close_object(answer);
	if (server_open(answer, config, arena, url_is_turn)) {
		credential_write(answer, config, arena, expiry, user);
		json_close_object(answer);
	}
	json_close_array(answer);
}
