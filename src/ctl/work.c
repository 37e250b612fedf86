/* confabctl work: runs background jobs. */
#include <getopt.h>
#include <stdio.h>

#include "base/clock.h"
#include "ctl/ctl.h"
#include "job/runner.h"

enum {
	LEASE_MIN = 100, /* milliseconds */
	LEASE_MAX = 24 * 60 * 60 * 1000,
};

static int work(struct service *service, int64_t lease, bool once)
{
	unsigned count;
	bool done;

	if (!once) {
		jobs_run_until_told(service, lease);
		return 0;
	}
	done = jobs_run_due(service, lease, &count);
	printf("%u jobs done\n", count);
	return done ? 0 : 1;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {{"lease", required_argument, NULL, 'l'},
	    {"once", no_argument, NULL, 'o'}, {NULL, 0, NULL, 0}};
	struct service service = {0};
	struct error error = {0};
	int64_t lease = JOB_LEASE / MILLISECOND;
	bool once = false;
	int status;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option == 'o')
			once = true;
		else if (option != 'l' || !ctl_integer(optarg, LEASE_MIN, LEASE_MAX, &lease))
			return ctl_misuse("work");
	}
	if (optind < argc)
		return ctl_misuse("work");
	if (!ctl_config(&service.config))
		return 1;
	if (!service_open(&service, &error)) {
		service_close(&service);
		return ctl_fail("work", &error);
	}
	status = work(&service, lease * MILLISECOND, once);
	service_close(&service);
	return status;
}

const struct subcommand subcommand_work = {
    .name = "work",
    .summary = "run background jobs",
    .usage =
	"Usage: confabctl work [--once] [--lease MS]\n\n"
	"Runs background jobs until the signal TERM or INT. Any number of these processes may run,\n"
	"on any hosts; one of them does each job.\n\n"
	"  --once      run the jobs that are due now, then exit (for cron)\n"
	"  --lease MS  another worker takes a job over when its worker has not renewed it for so\n"
	"              many milliseconds (60000; less is for tests)\n",
    .run = run,
};
