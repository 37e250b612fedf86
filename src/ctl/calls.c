/* confabctl calls: says how many connections are in calls, or waits until there is none. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "ctl/ctl.h"
#include "service/media_servers.h"

enum {
	LOOK_INTERVAL = 5, /* seconds between two questions to the provider */
};

#define WAIT_MAX INT64_C(604800) /* seconds */

/* This host's media server is asked, without a look into the database. */
struct look {
	const struct provider *provider;
	void *state;
	struct media_server server;
};

/* The connections that are in a meeting now. */
static bool calls_count(const struct look *look, size_t *count, struct error *error)
{
	struct arena *arena = arena_new();
	struct participants participants = {0};
	bool done = look->provider->participants(
	    look->state, arena, &look->server, NULL, 0, &participants, error);

	*count = 0;
	for (size_t i = 0; done && i < participants.present_count; i++)
		*count += !participants.present[i].outside;
	arena_free(arena);
	return done;
}

/* Asks until nobody is in a call or the time is over. `*count` is what the last answer was. */
static bool calls_wait(
    const struct look *look, int64_t wait, size_t *count, struct error *error)
{
	const struct timespec interval = {.tv_sec = LOOK_INTERVAL};
	int64_t end = clock_monotonic() + wait;

	while (calls_count(look, count, error)) {
		if (*count == 0 || clock_monotonic() >= end)
			return true;
		nanosleep(&interval, NULL);
	}
	return false;
}

static int calls_run(const struct config *config, int64_t wait)
{
	const struct provider *provider = provider_find(config->provider);
	struct look look = {.provider = provider, .server = media_server_own(config)};
	struct error error = {0};
	size_t count = 0;
	bool done;

	if (provider == NULL || provider->participants == NULL) {
		fprintf(stderr, "confabctl calls: PROVIDER %s cannot say\n", config->provider);
		return 1;
	}
	if (!provider->open(config, &look.state, &error))
		return ctl_fail("calls", &error);
	done = calls_wait(&look, wait, &count, &error);
	provider->close(look.state);
	if (!done)
		return ctl_fail("calls", &error);
	printf("%zu\n", count);
	return count > 0 && wait > 0 ? 1 : 0;
}

/* The seconds of --wait in microseconds; false for text that is no such number. */
static bool wait_read(const char *text, int64_t *wait)
{
	char *end;
	int64_t seconds = strtoimax(text, &end, 10);

	if (end == text || *end != '\0' || seconds < 0 || seconds > WAIT_MAX)
		return false;
	*wait = seconds * SECOND;
	return true;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
	    {"wait", required_argument, NULL, 'w'}, {NULL, 0, NULL, 0}};
	struct config config;
	int64_t wait = 0;
	int status;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option != 'w' || !wait_read(optarg, &wait))
			return ctl_misuse("calls");
	}
	if (optind < argc)
		return ctl_misuse("calls");
	if (!ctl_config(&config))
		return 1;
	status = calls_run(&config, wait);
	config_free(&config);
	return status;
}

const struct subcommand subcommand_calls = {
    .name = "calls",
    .summary = "how many connections are in calls now",
    .usage =
	"Usage: confabctl calls [--wait SECONDS]\n\n"
	"Prints how many connections are in calls now, as this host's media\n"
	"server sees them.\n\n"
	"  --wait SECONDS  wait until there is none, for this long at most; exits with 1 if there\n"
	"                  still is one\n",
    .run = run,
};
