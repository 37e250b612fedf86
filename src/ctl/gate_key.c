/* confabctl gate-key: prints the key of join tokens, for the signalling gate's settings. */
#include <stdio.h>

#include "auth/join_token.h"
#include "base/arena.h"
#include "ctl/ctl.h"

static const char usage[] =
    "Usage: confabctl gate-key\n\n"
    "Prints GATE_JOIN_KEY, which goes into confab-gate's settings. It is derived from\n"
    "SERVICE_SECRET: the gate verifies join tokens with it, and needs no other secret of the\n"
    "service.\n";

static int run(int argc, char **argv)
{
	struct config config;
	struct arena *arena;

	if (argc > 1)
		return ctl_misuse(argv[0]);
	if (!ctl_config(&config))
		return 1;
	arena = arena_new();
	puts(join_key_derive(arena, config.service_secret));
	arena_free(arena);
	config_free(&config);
	return 0;
}

const struct subcommand subcommand_gate_key = {
    .name = "gate-key",
    .summary = "print the key of join tokens for the signalling gate",
    .usage = usage,
    .run = run,
};
