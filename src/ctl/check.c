/* confabctl check: finds faults of an installation without starting it. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "auth/bearer.h"
#include "base/arena.h"
#include "base/clock.h"
#include "ctl/ctl.h"
#include "ctl/installed_files.h"
#include "service/inspection.h"
#include "service/media_servers.h"

enum {
	CONNECTIONS_SPARE = 10, /* for confabctl work, backups and an operator's own client */
};

#define CLOCK_TOLERANCE       (2 * SECOND)
#define EVENT_DELAY_TOLERANCE (10 * SECOND)

struct check {
	struct service service;
	struct arena *arena;
	unsigned faults;
};

__attribute__((format(printf, 3, 4))) static void say(
    struct check *check, bool good, const char *format, ...)
{
	va_list args;

	fputs(good ? "ok    " : "FAULT ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	if (!good)
		check->faults++;
}

/* Prints a line about something that the operator should look at; the service works with it. */
__attribute__((format(printf, 1, 2))) static void warn(const char *format, ...)
{
	va_list args;

	fputs("warn  ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* Prints one line per host when there are several. A host that does not answer is a fault, also
 * when another one serves. */
static void check_hosts(struct check *check)
{
	size_t count = inspection_host_count(&check->service);

	for (size_t i = 0; i < count && count > 1; i++) {
		struct host_look look = inspection_host(&check->service, i);

		say(check, look.there, "database %s: %s", look.name,
		    !look.there      ? look.error.message
		    : look.read_only ? "read-only"
				     : "takes writes");
		error_clear(&look.error);
	}
}

/* True when the database has the tables that this program needs. */
static bool check_database(struct check *check)
{
	int64_t workers = check->service.config.workers;
	struct database_look look;
	struct error error = {0};
	bool fits;

	check_hosts(check);
	if (!inspection_database(&check->service, check->arena, &look, &error)) {
		say(check, false, "database: %s", error.message);
		error_clear(&error);
		return false;
	}
	say(check, true, "database: reached at %s", look.host);
	if (look.tables_good)
		say(check, true, "database: tables at %s", look.tables_version);
	else
		say(check, false, "database: %s", look.tables_error.message);
	error_clear(&look.tables_error);
	fits = workers + CONNECTIONS_SPARE <= look.max_connections;
	say(check, fits, "database: %lld workers and %d spare connections %s max_connections %lld",
	    (long long)workers, CONNECTIONS_SPARE, fits ? "fit into" : "are more than",
	    (long long)look.max_connections);
	return look.tables_good;
}

/* Where there are several servers, each must call itself by its name: its events are not kept
 * otherwise. */
static void check_server_name(struct check *check, const struct media_server *server,
    const struct software *software, const char *words)
{
	const char *name = software->server_name;

	if (name == NULL || strcmp(name, server->name) != 0)
		say(check, false, "%s: it calls itself %s; server_name in janus.jcfg must be %s",
		    words, name == NULL ? "nothing" : name, server->name);
}

static void check_software(
    struct check *check, const struct media_server *server, bool alone, const char *words)
{
	struct software software;
	struct error error = {0};
	bool known;

	if (!inspection_software(&check->service, check->arena, server, &software, &known, &error))
		warn("%s: its version is not known: %s", words, error.message);
	else if (known && software.state != SOFTWARE_OK)
		warn("%s: %s", words, software.text);
	else if (known)
		say(check, true, "%s: %s", words, software.text);
	if (error.kind == ERROR_NONE && known && !alone)
		check_server_name(check, server, &software, words);
	error_clear(&error);
}

/* Browsers may reach what this host does not, so it is no fault. */
static void check_public_address(
    struct check *check, const struct media_server *server, const char *words)
{
	struct error error = {0};

	if (inspection_public_address(&check->service, check->arena, server, &error))
		say(check, true, "%s: browsers reach it at %s", words, server->public_url);
	else
		warn("%s: browsers may not reach it at %s: %s", words, server->public_url,
		    error.message);
	error_clear(&error);
}

static void check_server(
    struct check *check, const struct media_server *server, bool alone, const char *words)
{
	struct error error = {0};
	bool there = inspection_provider(&check->service, check->arena, server, &error);

	say(check, there, "%s: %s", words, there ? "reached" : error.message);
	error_clear(&error);
	if (there)
		check_software(check, server, alone, words);
	if (there && server->public_url != NULL)
		check_public_address(check, server, words);
}

/* Looks at all media servers of the table, or at this host's while there is no table. */
static void check_provider(struct check *check, bool tables_good)
{
	const struct config *config = &check->service.config;
	const struct media_server own = media_server_own(config);
	const char *words = arena_printf(check->arena, "provider %s", config->provider);
	struct media_server_row *rows = NULL;
	struct error error = {0};
	size_t count = 0;

	if (tables_good &&
	    !media_servers_list(&check->service, check->arena, &rows, &count, &error))
		error_clear(&error); /* the database has a line of its own */
	if (tables_good && count == 0)
		say(check, false, "media servers: there is none; `confabctl migrate` adds one");
	if (count == 0)
		check_server(check, &own, true, words);
	for (size_t i = 0; i < count; i++)
		check_server(check, &rows[i].server, count == 1,
		    count == 1
			? words
			: arena_printf(check->arena, "%s at %s", words, rows[i].server.name));
}

/* The newest event with the shortest way shows the clock best. */
static void check_clock(struct check *check)
{
	struct error error = {0};
	int64_t ahead;
	bool known;

	if (!inspection_clock(&check->service, &ahead, &known, &error)) {
		error_clear(&error); /* the database has a line of its own */
		return;
	}
	if (known && ahead > CLOCK_TOLERANCE)
		warn("clock: the media server's is ahead of this service's by %lld s",
		    (long long)(ahead / SECOND));
	else if (known && ahead < -EVENT_DELAY_TOLERANCE)
		warn("clock: the media server's is behind this service's by %lld s, or its events"
		     " come late",
		    (long long)(-ahead / SECOND));
	else if (known)
		say(check, true, "clock: the media server's agrees with this service's");
}

static void check_recordings(struct check *check)
{
	long long needed = check->service.config.recording_min_free;
	bool low;
	long long free_mib = inspection_recordings(&check->service, &low);
	const char *missing;

	if (free_mib < 0)
		return;
	if (low)
		warn("recordings: %lld MiB free, RECORDING_MIN_FREE is %lld: none can be started",
		    free_mib, needed);
	else
		say(check, true, "recordings: %lld MiB free", free_mib);
	missing = inspection_missing(&check->service, check->arena);
	if (missing != NULL)
		warn("recordings: there is no %s: they are kept, but not processed", missing);
}

/* Only the pool uses these keys. With a wrong one no worker starts. */
static bool keys_good(const struct config *config, struct error *error)
{
	struct bearer_keys *keys;
	bool good = bearer_keys_load(config, &keys, error);

	bearer_keys_free(keys);
	return good;
}

static void file_found(void *context, const char *copy, const char *original, bool same_version)
{
	if (same_version)
		say(context, true, "files: %s", copy);
	else
		warn("files: %s is of an older version than %s", copy, original);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {{"root", required_argument, NULL, 'r'},
	    {"settings", no_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
	const char *root = "";
	struct check check = {0};
	struct error error = {0};
	bool settings_only = false, tables_good;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 'r':
			root = optarg;
			break;
		case 's':
			settings_only = true;
			break;
		default:
			return ctl_misuse("check");
		}
	}
	if (optind < argc)
		return ctl_misuse("check");
	if (!ctl_config(&check.service.config))
		return 1;
	if (!keys_good(&check.service.config, &error) || !service_prepare(&check.service, &error)) {
		service_close(&check.service);
		return ctl_fail("check", &error);
	}
	say(&check, true, "settings");
	if (settings_only) {
		service_close(&check.service);
		return 0;
	}
	check.arena = arena_new();
	tables_good = check_database(&check);
	check_provider(&check, tables_good);
	if (tables_good)
		check_clock(&check);
	check_recordings(&check);
	installed_files_compare(root, file_found, &check);
	arena_free(check.arena);
	service_close(&check.service);
	return check.faults == 0 ? 0 : 1;
}

const struct subcommand subcommand_check = {
    .name = "check",
    .summary = "check settings, database and provider without starting",
    .usage =
	"Usage: confabctl check [--settings] [--root FOLDER]\n\n"
	"Checks the settings; the database (each host answers, the tables are there, and it allows\n"
	"a connection for each worker of the pool); the media servers, and their clock; the space for\n"
	"recordings and the programs for them; and the copies of nginx' site file, of units and of Janus' templates, because\n"
	"an upgrade does not replace them. Prints a line for each. The exit status is 1 if a line\n"
	"says FAULT. With a warning (warn) the service works, but look at it.\n\n"
	"  --settings     check only the settings\n"
	"  --root FOLDER  look for the copies and their originals below FOLDER\n",
    .run = run,
};
