/* confab-media's subcommands. */
#ifndef CONFAB_MEDIA_MEDIA_H
#define CONFAB_MEDIA_MEDIA_H

/* One subcommand. `run` gets the arguments from its own name on, and gives the exit status: 0 done,
 * 1 it failed, 2 the arguments are wrong. */
struct media_command {
	const char *name, *summary, *usage;
	int (*run)(int argc, char **argv);
};

extern const struct media_command command_probe, command_tracks, command_name, command_run;

/* Says on standard error how to get help; gives 2. */
int media_misuse(const char *name);

#endif
