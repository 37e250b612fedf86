/* confabctl migrate: brings the database's tables up to date. */
#include <getopt.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "ctl/ctl.h"
#include "store/job_kinds.h"
#include "store/media_servers.h"
#include "store/migrations.h"

/* A statement may have to build a large table anew; no request waits for it. */
#define STATEMENT_MAX (24 * HOUR)

static void report(const char *file)
{
	printf("applying %s\n", file);
	fflush(stdout);
}

/* Where there is no media server yet this host has it. */
static enum db_outcome server_put(struct db *db, struct arena *arena, const struct config *config)
{
	struct media_server_row *servers;
	int64_t now = clock_now();
	size_t count;

	DB_TRY(media_server_put_first(db, config->media_server, config->provider, now));
	DB_TRY(media_servers_find(db, arena, config->provider, &servers, &count));
	for (size_t i = 0; i < count; i++)
		DB_TRY(job_seed_reconcile(db, servers[i].server.name, now));
	return DB_OK;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
	    {"dir", required_argument, NULL, 'd'}, {NULL, 0, NULL, 0}};
	const char *dir = CONFAB_SQL_DIR;
	struct config config;
	struct error error = {0};
	struct arena *arena;
	struct db *db;
	unsigned applied;
	bool done;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option != 'd')
			return ctl_misuse("migrate");
		dir = optarg;
	}
	if (optind < argc)
		return ctl_misuse("migrate");
	if (!ctl_config(&config))
		return 1;
	arena = arena_new();
	db = db_new(&config);
	db_statement_limit(db, STATEMENT_MAX);
	done = migrations_apply(db, arena, dir, report, &applied, &error);
	db_deadline_start(db);
	done = done && db_transact(db, &error, server_put(db, arena, &config));
	if (done && applied == 0)
		puts("the database is up to date");
	db_free(db);
	arena_free(arena);
	config_free(&config);
	return done ? 0 : ctl_fail("migrate", &error);
}

const struct subcommand subcommand_migrate = {
    .name = "migrate",
    .summary = "bring the database's tables up to date",
    .usage =
	"Usage: confabctl migrate [--dir DIR]\n\n"
	"Applies the SQL files that the database does not have yet, in order. It is safe while\n"
	"older workers serve, safe to run again, and safe to start twice at once. Where there is no\n"
	"media server yet, it adds this host's (MEDIA_SERVER).\n\n"
	"  --dir DIR  folder of the SQL files (default " CONFAB_SQL_DIR ")\n",
    .run = run,
};
