/* confabctl token: mints a bearer token with the service's JWT_SECRET. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/bearer.h"
#include "auth/permission.h"
#include "base/arena.h"
#include "base/clock.h"
#include "ctl/ctl.h"

enum {
	PERMISSIONS_MAX = 64,
};

static const char usage[] =
    "Usage: confabctl token [--all] [--permission NAME]... [--actor ID] [--ttl TIME]\n"
    "                       [--tenant TENANT] [--meeting LINK] [--role ROLE]\n\n"
    "Prints a bearer token for the HTTP interface.\n\n"
    "  --all              all permissions\n"
    "  --permission NAME  one permission, for example CreateMeetingSession; may be repeated\n"
    "  --actor ID         the actor that it is for (default: operator)\n"
    "  --ttl TIME         how long it is valid: 90s, 15m, 12h, 30d (default: 1h)\n"
    "  --tenant TENANT    its tenant; without one it is for an operator and sees all tenants\n"
    "  --meeting LINK     valid for this meeting only\n"
    "  --role ROLE        the highest role it may ask for: subscriber, publisher, moderator\n";

/* Reads "90s", "15m", "12h" or "30d". Returns microseconds, or 0 for other text. */
static int64_t ttl_parse(const char *text)
{
	static const struct {
		char letter;
		int64_t unit;
	} units[] = {{'s', SECOND}, {'m', MINUTE}, {'h', HOUR}, {'d', DAY}};
	const int64_t longest = 3650 * DAY;
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno != 0 || end == text || number <= 0 || strlen(end) != 1)
		return 0;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (units[i].letter == *end && number <= longest / units[i].unit)
			return number * units[i].unit;
	}
	return 0;
}

struct permissions {
	const char *names[PERMISSIONS_MAX];
	size_t count;
};

static void permission_add(struct permissions *permissions, const char *name)
{
	for (size_t i = 0; i < permissions->count; i++) {
		if (strcmp(permissions->names[i], name) == 0)
			return;
	}
	if (permissions->count < PERMISSIONS_MAX)
		permissions->names[permissions->count++] = name;
}

static void permissions_all(struct permissions *permissions)
{
	for (size_t i = 0; i < permission_count; i++)
		permission_add(permissions, permission_names[i]);
}

static int token_print(struct bearer_claims *claims)
{
	struct config config;
	struct bearer_keys *keys = NULL;
	struct arena *arena = arena_new();
	struct error error = {0};
	const char *token;
	bool done;

	if (!ctl_config(&config)) {
		arena_free(arena);
		return 1;
	}
	done = bearer_keys_load(&config, &keys, &error) &&
	       bearer_mint(keys, arena, claims, &token, &error);
	if (done)
		puts(token);
	bearer_keys_free(keys);
	arena_free(arena);
	config_free(&config);
	return done ? 0 : ctl_fail("token", &error);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {{"all", no_argument, NULL, 'a'},
	    {"permission", required_argument, NULL, 'p'}, {"actor", required_argument, NULL, 'i'},
	    {"ttl", required_argument, NULL, 't'}, {"tenant", required_argument, NULL, 'n'},
	    {"meeting", required_argument, NULL, 'm'}, {"role", required_argument, NULL, 'r'},
	    {NULL, 0, NULL, 0}};
	struct permissions permissions = {0};
	struct bearer_claims claims = {.actor = "operator"};
	int64_t ttl = HOUR;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 'a':
			permissions_all(&permissions);
			break;
		case 'p':
			permission_add(&permissions, optarg);
			break;
		case 'i':
			claims.actor = optarg;
			break;
		case 't':
			ttl = ttl_parse(optarg);
			break;
		case 'n':
			claims.tenant = optarg;
			break;
		case 'm':
			claims.meeting_link = optarg;
			break;
		case 'r':
			claims.meeting_role = optarg;
			break;
		default:
			return ctl_misuse("token");
		}
	}
	if (optind < argc || ttl == 0)
		return ctl_misuse("token");
	if (claims.tenant != NULL && !ctl_name_good(claims.tenant, TENANT_MAX)) {
		fputs("confabctl token: --tenant must be text of 1 to 255 bytes\n", stderr);
		return 2;
	}
	if (permissions.count == 0) {
		fputs("confabctl token: give --all or --permission\n", stderr);
		return 2;
	}
	claims.permissions = permissions.names;
	claims.permission_count = permissions.count;
	claims.issued_at = clock_now();
	claims.expiry = claims.issued_at + ttl;
	return token_print(&claims);
}

const struct subcommand subcommand_token = {
    .name = "token",
    .summary = "mint a bearer token for the HTTP interface",
    .usage = usage,
    .run = run,
};
