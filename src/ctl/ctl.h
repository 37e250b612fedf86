/* confabctl: the operator's program. Each subcommand has a file. */
#ifndef CONFAB_CTL_CTL_H
#define CONFAB_CTL_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "base/error.h"

/* A subcommand. run() gets its own arguments; argv[0] is its name. It returns the exit status: 0
 * done, 1 failed, 2 wrong arguments. */
struct subcommand {
	const char *name;
	const char *summary; /* one line for the list of subcommands */
	const char *usage;   /* what --help prints */
	int (*run)(int argc, char **argv);
};

extern const struct subcommand subcommand_archives;
extern const struct subcommand subcommand_migrate;
extern const struct subcommand subcommand_calls;
extern const struct subcommand subcommand_check;
extern const struct subcommand subcommand_erase;
extern const struct subcommand subcommand_gate_key;
extern const struct subcommand subcommand_media_servers;
extern const struct subcommand subcommand_tenants;
extern const struct subcommand subcommand_token;
extern const struct subcommand subcommand_work;
extern const struct subcommand subcommand_version;

/* Reads the settings. On failure prints one line and returns false. */
bool ctl_config(struct config *config);

/* Prints "confabctl NAME: message", clears the error and returns 1. */
int ctl_fail(const char *name, struct error *error);

/* Is `name` UTF-8 text of 1 to `max` bytes? Actors and tenants must be. */
bool ctl_name_good(const char *name, size_t max);

/* Reads a whole number from `minimum` to `maximum`. False for any other text. */
bool ctl_integer(const char *text, int64_t minimum, int64_t maximum, int64_t *number);

/* For wrong arguments: prints how to get help, and returns 2. */
int ctl_misuse(const char *name);

#endif
