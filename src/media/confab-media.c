/* confab-media: reads what Janus recorded and writes files that people can watch. It alone links
 * libav, which parses what strangers sent: so it runs apart from the service, without its secrets
 * and without the database. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/log.h>

#include "media/media.h"

static const struct media_command *const commands[] = {
    &command_probe, &command_tracks, &command_name, &command_run};

static void help(FILE *out)
{
	fputs(
	    "Usage: confab-media COMMAND [OPTION]...\n\n"
	    "Reads the track files of a recording, and runs what composes them. The service runs it; operators may.\n\n",
	    out);
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\n`confab-media COMMAND --help` says more.\n", out);
}

int media_misuse(const char *name)
{
	fprintf(stderr, "Try `confab-media %s --help`.\n", name);
	return 2;
}

int main(int argc, char **argv)
{
	/* A file that becomes too long is an error of write(), not the end of the process. */
	signal(SIGXFSZ, SIG_IGN);
	av_log_set_level(AV_LOG_QUIET);
	if (argc < 2) {
		help(stderr);
		return 2;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		help(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("confab-media " PACKAGE_VERSION);
		return 0;
	}
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(argv[1], commands[i]->name) != 0)
			continue;
		if (argc > 2 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0)) {
			fputs(commands[i]->usage, stdout);
			return 0;
		}
		return commands[i]->run(argc - 1, argv + 1);
	}
	fprintf(stderr, "confab-media: there is no command %s\n", argv[1]);
	help(stderr);
	return 2;
}
