/* TURN servers for people behind firewalls: credentials of coturn's shared-secret scheme.
 *
 * username = "<unix expiry>:<user>", credential = base64(HMAC-SHA1(TURN_SECRET, username)):
 * coturn's use-auth-secret. */
#include "provider/turn.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"

static const char separators[] = " ,\t";

/* The next URL of the list, its length in `*len`; NULL at the end. */
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

/* The URLs of one kind as an array; NULL if there are none. */
static struct json_object *urls_of(
    const struct config *config, bool (*is_wanted)(const char *, size_t))
{
	struct json_object *urls = NULL;
	const char *list = config->turn_urls;
	const char *url;
	size_t len;

	while ((url = url_next(&list, &len)) != NULL) {
		if (!is_wanted(url, len))
			continue;
		if (urls == NULL)
			urls = json_object_new_array();
		json_object_array_add(urls, json_object_new_string_len(url, (int)len));
	}
	return urls;
}

static struct json_object *server_add(struct json_object *servers, struct json_object *urls)
{
	struct json_object *server = json_object_new_object();

	json_object_object_add(server, "urls", urls);
	json_object_array_add(servers, server);
	return server;
}

struct json_object *turn_servers(
    struct arena *arena, const struct config *config, int64_t expiry, const char *user)
{
	struct json_object *servers = json_object_new_array();
	struct json_object *stun = urls_of(config, url_is_stun);
	struct json_object *turn = urls_of(config, url_is_turn);

	if (stun != NULL)
		server_add(servers, stun);
	if (turn != NULL) {
		struct json_object *server = server_add(servers, turn);
		const char *name = arena_printf(arena, "%" PRId64 ":%s", expiry / SECOND, user);
		unsigned char digest[SHA1_SIZE];

		hmac_sha1(
		    config->turn_secret, strlen(config->turn_secret), name, strlen(name), digest);
		json_add_text(server, "username", name);
		json_add_text(server, "credential", base64_encode(arena, digest, sizeof digest));
	}
	return servers;
}
