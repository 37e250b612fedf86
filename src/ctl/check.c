/* confabctl check: says what is wrong with an installation, without starting it. */
#include <getopt.h>
#include <stdio.h>

#include "archive/recordings.h"
#include "auth/bearer.h"
#include "base/arena.h"
#include "base/clock.h"
#include "ctl/ctl.h"
#include "ctl/installed_files.h"
#include "service/service.h"
#include "store/attendance.h"
#include "store/migrations.h"

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

/* What does not keep the service from running, but should be looked at. */
__attribute__((format(printf, 1, 2))) static void warn(const char *format, ...)
{
	va_list args;

	fputs("warn  ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static enum db_outcome max_connections_read(struct db *db, void *context)
{
	static const char sql[] = "SELECT CAST(@@GLOBAL.max_connections AS SIGNED)";
	struct db_rows rows;
	struct arena *arena = arena_new();
	enum db_outcome outcome = db_select(db, arena, sql, DB_NO_VALUES, &rows);

	if (outcome == DB_OK)
		*(int64_t *)context = db_cell_integer(&rows, 0, 0);
	arena_free(arena);
	return outcome;
}

/* One line for each of several hosts. One that does not answer is a fault, also when another one
 * serves. */
static void check_hosts(struct check *check)
{
	const struct db *db = check->service.db;
	char name[HOST_TEXT_SIZE];

	for (size_t i = 0; i < db_host_count(db) && db_host_count(db) > 1; i++) {
		struct error error = {0};
		bool read_only;
		bool there = db_host_probe(db, i, &read_only, &error);

		say(check, there, "database %s: %s", db_host_name(db, i, name),
		    !there      ? error.message
		    : read_only ? "read-only"
				: "takes writes");
		error_clear(&error);
	}
}

/* True: its tables are those that this program needs. */
static bool check_database(struct check *check)
{
	char name[HOST_TEXT_SIZE];
	struct db *db = check->service.db;
	int64_t workers = check->service.config.workers;
	struct error error = {0};
	const char *version = NULL;
	int64_t most = 0;
	bool good;

	check_hosts(check);
	db_deadline_start(db);
	if (!db_run_plain(db, max_connections_read, &most, &error)) {
		say(check, false, "database: %s", error.message);
		error_clear(&error);
		return false;
	}
	say(check, true, "database: reached at %s", db_host_name(db, db_host_used(db), name));
	good = migrations_check(db, check->arena, &error) &&
	       migrations_version(db, check->arena, &version, &error);
	if (good)
		say(check, true, "database: tables at %s", version);
	else
		say(check, false, "database: %s", error.message);
	error_clear(&error);
	say(check, workers + CONNECTIONS_SPARE <= most,
	    "database: %lld workers and %d spare connections %s max_connections %lld",
	    (long long)workers, CONNECTIONS_SPARE,
	    workers + CONNECTIONS_SPARE <= most ? "fit into" : "are more than", (long long)most);
	return good;
}

static void check_software(struct check *check)
{
	const struct service *service = &check->service;
	const char *name = service->provider->name;
	struct software software;
	struct error error = {0};

	if (service->provider->software == NULL)
		return;
	if (!service->provider->software(
		service->provider_state, check->arena, 2 * SECOND, &software, &error))
		warn("provider %s: its version is not known: %s", name, error.message);
	else if (software.state != SOFTWARE_OK)
		warn("provider %s: %s", name, software.text);
	else
		say(check, true, "provider %s: %s", name, software.text);
	error_clear(&error);
}

static void check_provider(struct check *check)
{
	const struct service *service = &check->service;
	struct error error = {0};
	bool there =
	    service->provider->ping(service->provider_state, check->arena, 2 * SECOND, &error);

	say(check, there, "provider %s: %s", service->provider->name,
	    there ? "reached" : error.message);
	error_clear(&error);
	if (there)
		check_software(check);
}

struct clock_look {
	bool known;
	int64_t ahead;
};

static enum db_outcome clock_read(struct db *db, void *context)
{
	struct clock_look *look = context;

	return attendance_clock(db, clock_now(), &look->ahead, &look->known);
}

/* The promptest of the newest events tells most: the others were on their way for longer. */
static void check_clock(struct check *check)
{
	struct clock_look look = {0};
	struct error error = {0};

	if (!db_run_plain(check->service.db, clock_read, &look, &error)) {
		error_clear(&error); /* the database has its own line */
		return;
	}
	if (look.known && look.ahead > CLOCK_TOLERANCE)
		warn("clock: the media server's is ahead of this service's by %lld s",
		    (long long)(look.ahead / SECOND));
	else if (look.known && look.ahead < -EVENT_DELAY_TOLERANCE)
		warn("clock: the media server's is behind this service's by %lld s, or its events"
		     " come late",
		    (long long)(-look.ahead / SECOND));
	else if (look.known)
		say(check, true, "clock: the media server's agrees with this service's");
}

static void check_recordings(struct check *check)
{
	const struct config *config = &check->service.config;
	long long free_mib = recordings_free(config), needed = config->recording_min_free;

	if (free_mib < 0)
		return;
	if (recordings_low(config))
		warn("recordings: %lld MiB free, RECORDING_MIN_FREE is %lld: none can be started",
		    free_mib, needed);
	else
		say(check, true, "recordings: %lld MiB free", free_mib);
}

/* Only the pool uses them: a wrong one would end every worker. */
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
	check_provider(&check);
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
	"Checks the settings, the database (that each of its hosts can be reached, that it has its\n"
	"tables, and takes as many connections as the pool has workers), the provider, the clock that\n"
	"its events show, the space for recordings, and the copies of nginx' site, units and Janus'\n"
	"templates, which an upgrade does not replace. Prints a line for each and exits with 1 if\n"
	"something is wrong; a line with warn is worth a look.\n\n"
	"  --settings     check the settings alone\n"
	"  --root FOLDER  look for the copies, and for what they were copied from, below FOLDER\n",
    .run = run,
};
