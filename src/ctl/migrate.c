/* confabctl migrate: brings the database's tables up to date. */
#include <getopt.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "ctl/ctl.h"
#include "store/migrations.h"

/* A statement may rewrite a large table. No request waits for it. */
#define STATEMENT_MAX (24 * HOUR)

static void report(const char *file)
{
	printf("applying %s\n", file);
	fflush(stdout);
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
	"older workers serve. It can be run again, and two may run at the same time.\n\n"
	"  --dir DIR  folder of the SQL files (default " CONFAB_SQL_DIR ")\n",
    .run = run,
};
