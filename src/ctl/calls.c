/* confabctl calls: prints how many connections are in calls, or waits until there are none. */
#include <getopt.h>
#include <stdio.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "ctl/ctl.h"
#include "service/service.h"

enum {
	LOOK_INTERVAL = 5, /* seconds between two calls to the provider */
};

#define WAIT_MAX INT64_C(604800) /* seconds */

/* Counts the connections that are in a meeting now. */
static bool connections_count(
    const struct provider *provider, void *state, size_t *count, struct error *error)
{
	struct arena *arena = arena_new();
	const char *const *alive;
	struct presence *present;
	size_t alive_count, present_count;
	bool done = provider->participants(
	    state, arena, NULL, 0, &alive, &alive_count, &present, &present_count, error);

	*count = 0;
	for (size_t i = 0; done && i < present_count; i++)
		*count += !present[i].outside;
	arena_free(arena);
	return done;
}

/* Asks until no connection is in a call, or the time has passed. `*count` is the last answer. */
static bool calls_wait(
    const struct provider *provider, void *state, int64_t wait, size_t *count, struct error *error)
{
	const struct timespec interval = {.tv_sec = LOOK_INTERVAL};
	int64_t end = clock_monotonic() + wait;

	while (connections_count(provider, state, count, error)) {
		if (*count == 0 || clock_monotonic() >= end)
			return true;
		nanosleep(&interval, NULL);
	}
	return false;
}

static int calls_run(const struct config *config, int64_t wait)
{
	const struct provider *provider = provider_find(config->provider);
	struct error error = {0};
	size_t count = 0;
	void *state;
	bool done;

	if (provider == NULL || provider->participants == NULL) {
		fprintf(stderr, "confabctl calls: the provider %s cannot count connections\n",
		    config->provider);
		return 1;
	}
	if (!provider->open(config, &state, &error))
		return ctl_fail("calls", &error);
	done = calls_wait(provider, state, wait, &count, &error);
	provider->close(state);
	if (!done)
		return ctl_fail("calls", &error);
	printf("%zu\n", count);
	return count > 0 && wait > 0 ? 1 : 0;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
	    {"wait", required_argument, NULL, 'w'}, {NULL, 0, NULL, 0}};
	struct config config;
	int64_t seconds = 0;
	int status;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option != 'w' || !ctl_integer(optarg, 0, WAIT_MAX, &seconds))
			return ctl_misuse("calls");
	}
	if (optind < argc)
		return ctl_misuse("calls");
	if (!ctl_config(&config))
		return 1;
	status = calls_run(&config, seconds * SECOND);
	config_free(&config);
	return status;
}

const struct subcommand subcommand_calls = {
    .name = "calls",
    .summary = "how many connections are in calls now",
    .usage =
	"Usage: confabctl calls [--wait SECONDS]\n\n"
	"Prints how many connections are in calls now. The provider knows it.\n\n"
	"  --wait SECONDS  wait until there are none, but not longer than this; the exit status is\n"
	"                  1 when there still are some\n",
    .run = run,
};
