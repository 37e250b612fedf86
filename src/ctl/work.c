/* confabctl work: runs background jobs. */
#include <getopt.h>
#include <stdio.h>

#include "base/clock.h"
#include "ctl/ctl.h"
#include "job/runner.h"
#include "job/supervisor.h"

enum {
	LEASE_MIN = 100, /* milliseconds */
	LEASE_MAX = 24 * 60 * 60 * 1000,
};

struct options {
	const char *lane;   /* NULL: all */
	const char *except; /* the lane to leave out, or NULL */
	int64_t lease;      /* milliseconds */
	bool once;
};

static bool lane_good(const char *name)
{
	if (!jobs_lane_known(name))
		fprintf(stderr, "confabctl work: there are no jobs of the lane %s\n", name);
	return jobs_lane_known(name);
}

static int due_run(struct service *service, const struct options *options)
{
	unsigned count;
	bool done = jobs_run_due(service, options->lane, options->lease * MILLISECOND, &count);

	printf("%u jobs done\n", count);
	return done ? 0 : 1;
}

/* One process: everything that is due, or one lane until it is told to end. */
static int work(const struct options *options)
{
	struct service service = {0};
	struct error error = {0};
	int status = 0;

	if (!ctl_config(&service.config))
		return 1;
	if (!service_open(&service, &error)) {
		service_close(&service);
		return ctl_fail("work", &error);
	}
	if (options->once)
		status = due_run(&service, options);
	else
		jobs_run_until_told(&service, options->lane, options->lease * MILLISECOND);
	service_close(&service);
	return status;
}

static int lane_work(const char *lane, void *context)
{
	struct options options = *(const struct options *)context;

	options.lane = lane;
	return work(&options);
}

/* A process for each lane. What is wrong with the settings is said here, once. */
static int lanes_work(struct options *options)
{
	struct service service = {0};
	struct error error = {0};
	bool good;

	if (!ctl_config(&service.config))
		return 1;
	good = service_prepare(&service, &error);
	service_close(&service);
	if (!good)
		return ctl_fail("work", &error);
	lanes_supervise(options->except, lane_work, options);
	return 0;
}

static bool supervised(const struct options *options)
{
	return !options->once && options->lane == NULL;
}

static int run(int argc, char **argv)
{
	static const struct option longs[] = {{"lane", required_argument, NULL, 'n'},
	    {"except", required_argument, NULL, 'e'}, {"lease", required_argument, NULL, 'l'},
	    {"once", no_argument, NULL, 'o'}, {NULL, 0, NULL, 0}};
	struct options options = {.lease = JOB_LEASE / MILLISECOND};

	for (int option; (option = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		if (option == 'o')
			options.once = true;
		else if (option == 'n')
			options.lane = optarg;
		else if (option == 'e')
			options.except = optarg;
		else if (option != 'l' ||
			 !ctl_integer(optarg, LEASE_MIN, LEASE_MAX, &options.lease))
			return ctl_misuse("work");
	}
	if (optind < argc || (options.lane != NULL && !lane_good(options.lane)) ||
	    (options.except != NULL && (!lane_good(options.except) || !supervised(&options))))
		return ctl_misuse("work");
	return supervised(&options) ? lanes_work(&options) : work(&options);
}

const struct subcommand subcommand_work = {
    .name = "work",
    .summary = "run background jobs",
    .usage =
	"Usage: confabctl work [--lane NAME] [--except NAME] [--once] [--lease MS]\n\n"
	"Runs background jobs until the signal TERM or INT, in one process for each lane: control\n"
	"(rooms and people, seconds), media (recordings), upkeep (deletes old rows). A slow job\n"
	"delays its own lane only. Any number of workers may run, on any hosts; one of them does\n"
	"each job.\n\n"
	"  --lane NAME   run the jobs of this lane only, in this process\n"
	"  --except NAME have no process for this lane (not with --lane or --once)\n"
	"  --once        run the jobs that are due now, lane after lane, then exit (for cron)\n"
	"  --lease MS    milliseconds after which another worker may take a job whose worker has not\n"
	"                renewed its lease (60000; less is for tests)\n",
    .run = run,
};
