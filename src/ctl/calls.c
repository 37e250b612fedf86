/* confabctl calls: prints how many connections are in calls, or waits until there are none. */
#include <getopt.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "ctl/ctl.h"
#include "service/calls.h"

enum {
	LOOK_INTERVAL = 5, /* seconds between two calls to the provider */
};

#define WAIT_MAX INT64_C(604800) /* seconds */

/* Asks until no connection is in a call, or the time has passed. `*count` is the last answer. */
static bool calls_wait(struct service *service, int64_t wait, size_t *count, struct error *error)
{
	const struct timespec interval = {.tv_sec = LOOK_INTERVAL};
	int64_t end = clock_monotonic() + wait;

	while (calls_count(service, count, error)) {
		if (*count == 0 || clock_monotonic() >= end)
			return true;
		nanosleep(&interval, NULL);
	}
	return false;
}

static int calls_run(struct service *service, int64_t wait)
{
	struct error error = {0};
	size_t count = 0;

	if (!service_prepare_provider(service, &error))
		return ctl_fail("calls", &error);
	if (!calls_known(service)) {
		fprintf(stderr, "confabctl calls: the provider %s cannot count connections\n",
		    service->config.provider);
		return 1;
	}
	if (!calls_wait(service, wait, &count, &error))
		return ctl_fail("calls", &error);
	printf("%zu\n", count);
	return count > 0 && wait > 0 ? 1 : 0;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
	    {"wait", required_argument, NULL, 'w'}, {NULL, 0, NULL, 0}};
	struct service service = {0};
	int64_t seconds = 0;
	int status;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option != 'w' || !ctl_integer(optarg, 0, WAIT_MAX, &seconds))
			return ctl_misuse("calls");
	}
	if (optind < argc)
		return ctl_misuse("calls");
	if (!ctl_config(&service.config))
		return 1;
	status = calls_run(&service, seconds * SECOND);
	service_close(&service);
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
