/* confabctl version: prints the version. */
#include <stdio.h>

#include "ctl/ctl.h"

static int run(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return ctl_misuse("version");
	puts("confab " PACKAGE_VERSION);
	return 0;
}

const struct subcommand subcommand_version = {
    .name = "version",
    .summary = "print the version",
    .usage = "Usage: confabctl version\n\nPrints the version.\n",
    .run = run,
};
