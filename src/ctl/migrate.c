/* confabctl migrate: brings the database's tables up to date. */
#include <getopt.h>
#include <stdio.h>

#include "base/clock.h"
#include "ctl/ctl.h"
#include "service/migration.h"

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
	struct service service = {0};
	struct error error = {0};
	unsigned applied;
	bool done;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option != 'd')
			return ctl_misuse("migrate");
		dir = optarg;
	}
	if (optind < argc)
		return ctl_misuse("migrate");
	if (!ctl_config(&service.config))
		return 1;
	service_prepare_database(&service, MIGRATION_STATEMENT_MAX);
	done = migration_apply(&service, dir, report, &applied, &error);
	if (done && applied == 0)
		puts("the database is up to date");
	service_close(&service);
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
