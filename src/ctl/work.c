/* confabctl work: runs background jobs. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/ctl.h"
#include "job/runner.h"
#include "job/supervisor.h"
#include "meeting/job.h"

enum {
	LEASE_MIN = 100, /* milliseconds */
	LEASE_MAX = 24 * 60 * 60 * 1000,
};

enum {
	LANES_MAX = 8,
};

struct options {
	const char *lanes[LANES_MAX];
	size_t lane_count;
	bool chosen, left_out; /* --lane, --except */
	int64_t lease;         /* milliseconds */
	bool once;
};

static bool lane_good(const char *name)
{
	if (!jobs_lane_known(name))
		fprintf(stderr, "confabctl work: there are no jobs of the lane %s\n", name);
	return jobs_lane_known(name);
}

/* The first --lane begins a list; without one there are all. */
static bool lane_choose(struct options *options, const char *name)
{
	if (!options->chosen)
		options->lane_count = 0;
	options->chosen = true;
	if (lane_good(name) && options->lane_count < LANES_MAX)
		options->lanes[options->lane_count++] = name;
	return lane_good(name);
}

static bool lane_leave_out(struct options *options, const char *name)
{
	size_t kept = 0;

	options->left_out = true;
	for (size_t i = 0; i < options->lane_count; i++) {
		if (strcmp(options->lanes[i], name) != 0)
			options->lanes[kept++] = options->lanes[i];
	}
	options->lane_count = kept;
	return lane_good(name);
}

static int due_run(struct service *service, const struct options *options)
{
	unsigned count;
	bool done = jobs_run_due(
	    service, options->lanes, options->lane_count, options->lease * MILLISECOND, &count);

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
		jobs_run_until_told(&service, options->lanes[0], options->lease * MILLISECOND);
	service_close(&service);
	return status;
}

static int lane_work(const char *lane, void *context)
{
	struct options options = *(const struct options *)context;

	options.lanes[0] = lane;
	options.lane_count = 1;
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
	lanes_supervise(options->lanes, options->lane_count, lane_work, options);
	return 0;
}

/* One lane that was asked for has one process, which is this one. */
static bool supervised(const struct options *options)
{
	return !options->once && (!options->chosen || options->lane_count > 1);
}

static bool option_take(struct options *options, int option)
{
	switch (option) {
	case 'o':
		options->once = true;
		return true;
	case 'n':
		return lane_choose(options, optarg);
	case 'e':
		return lane_leave_out(options, optarg);
	case 'l':
		return ctl_integer(optarg, LEASE_MIN, LEASE_MAX, &options->lease);
	default:
		return false;
	}
}

static int run(int argc, char **argv)
{
	static const struct option longs[] = {{"lane", required_argument, NULL, 'n'},
	    {"except", required_argument, NULL, 'e'}, {"lease", required_argument, NULL, 'l'},
	    {"once", no_argument, NULL, 'o'}, {NULL, 0, NULL, 0}};
	struct options options = {.lease = JOB_LEASE / MILLISECOND};

	for (size_t i = 0; i < job_lane_count; i++)
		options.lanes[options.lane_count++] = job_lanes[i];
	for (int option; (option = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		if (!option_take(&options, option))
			return ctl_misuse("work");
	}
	if (optind < argc || (options.left_out && (options.chosen || options.once)) ||
	    options.lane_count == 0)
		return ctl_misuse("work");
	return supervised(&options) ? lanes_work(&options) : work(&options);
}

const struct subcommand subcommand_work = {
    .name = "work",
    .summary = "run background jobs",
    .usage =
	"Usage: confabctl work [--lane NAME]... [--except NAME]... [--once] [--lease MS]\n\n"
	"Runs background jobs until the signal TERM or INT, in one process for each lane: control\n"
	"(rooms and people, seconds), media (recordings), compose (composes recordings: a process\n"
	"for each core), upkeep (deletes old rows). A slow job delays its own lane only. Any number\n"
	"of workers may run, on any hosts; one of them does each job.\n\n"
	"  --lane NAME   run the jobs of this lane only, in this process; may be given again\n"
	"  --except NAME have no process for this lane (not with --lane or --once); may be given\n"
	"                again\n"
	"  --once        run the jobs that are due now, lane after lane, then exit (for cron)\n"
	"  --lease MS    milliseconds after which another worker may take a job whose worker has not\n"
	"                renewed its lease (60000; less is for tests)\n",
    .run = run,
};
