/* confabctl: the operator's program. One file per subcommand. */
#ifndef CONFAB_CTL_CTL_H
#define CONFAB_CTL_CTL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/config.h"
#include "base/error.h"

/* A subcommand: its own argc/argv (argv[0] is its name). Gives the exit status: 0 done, 1 failed, 2
 * called wrongly. */
struct subcommand {
	const char *name;
	const char *summary; /* one line for the list */
	const char *usage;   /* what --help prints */
	int (*run)(int argc, char **argv);
};

extern const struct subcommand subcommand_migrate;
extern const struct subcommand subcommand_calls;
extern const struct subcommand subcommand_check;
extern const struct subcommand subcommand_gate_key;
extern const struct subcommand subcommand_tenants;
extern const struct subcommand subcommand_token;
extern const struct subcommand subcommand_work;
extern const struct subcommand subcommand_version;

/* Reads the configuration, or says in one line why not. */
bool ctl_config(struct config *config);

/* Prints "confabctl NAME: message" and gives 1. */
int ctl_fail(const char *name, struct error *error);

/* Is `name` UTF-8 text of 1 to `max` bytes, as an actor or a tenant is? */
bool ctl_name_good(const char *name, size_t max);

/* For a call that getopt_long() refused: says where help is, and gives 2. */
int ctl_misuse(const char *name);

#endif
