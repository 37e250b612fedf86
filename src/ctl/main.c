/* confabctl: finds the subcommand and runs it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ctl/ctl.h"

static const struct subcommand *const subcommands[] = {&subcommand_migrate, &subcommand_archives,
    &subcommand_calls, &subcommand_check, &subcommand_erase, &subcommand_gate_key,
    &subcommand_media_servers, &subcommand_tenants, &subcommand_token, &subcommand_work,
    &subcommand_version};

static void help(FILE *out)
{
	fputs("Usage: confabctl SUBCOMMAND [OPTION]...\n\n"
	      "For the operator of Confab. Settings come from the environment and from the file\n"
	      "that CONFAB_CONF names (default " CONFAB_CONF_FILE ").\n\n",
	    out);
	for (size_t i = 0; i < sizeof subcommands / sizeof subcommands[0]; i++)
		fprintf(out, "  %-13s %s\n", subcommands[i]->name, subcommands[i]->summary);
	fputs("\n`confabctl SUBCOMMAND --help` says more.\n", out);
}

bool ctl_config(struct config *config)
{
	struct error error = {0};

	if (config_load(config, CONFAB_CONF_FILE, &error))
		return true;
	fprintf(stderr, "confabctl: %s\n", error.message);
	error_clear(&error);
	return false;
}

int ctl_fail(const char *name, struct error *error)
{
	fprintf(stderr, "confabctl %s: %s\n", name, error->message);
	error_clear(error);
	return 1;
}

bool ctl_name_good(const char *name, size_t max)
{
	size_t len = strlen(name);

	return len > 0 && len <= max && utf8_valid(name, len);
}

bool ctl_integer(const char *text, int64_t minimum, int64_t maximum, int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoimax(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && *number >= minimum &&
	       *number <= maximum;
}

int ctl_misuse(const char *name)
{
	fprintf(stderr, "Try `confabctl %s --help`.\n", name);
	return 2;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		help(stderr);
		return 2;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		help(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0)
		argv[1] = "version";
	for (size_t i = 0; i < sizeof subcommands / sizeof subcommands[0]; i++) {
		if (strcmp(argv[1], subcommands[i]->name) != 0)
			continue;
		if (argc > 2 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0)) {
			fputs(subcommands[i]->usage, stdout);
			return 0;
		}
		return subcommands[i]->run(argc - 1, argv + 1);
	}
	fprintf(stderr, "confabctl: there is no subcommand %s\n", argv[1]);
	help(stderr);
	return 2;
}
