/* confabctl work: runs the background jobs. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "ctl/ctl.h"
#include "job/runner.h"

/* Reads the milliseconds of --lease. */
static bool lease_read(const char *text, int64_t *lease)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || number < 100 ||
	    number > 24 * HOUR / MILLISECOND)
		return false;
	*lease = number * MILLISECOND;
	return true;
}

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
	int64_t lease = JOB_LEASE;
	bool once = false;
	int status;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option == 'o')
			once = true;
		else if (option != 'l' || !lease_read(optarg, &lease))
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
	status = work(&service, lease, once);
	service_close(&service);
	return status;
}

const struct subcommand subcommand_work = {
    .name = "work",
    .summary = "run background jobs",
    .usage =
	"Usage: confabctl work [--once] [--lease MS]\n\n"
	"Runs background jobs until it is told to end (TERM, INT). Any number of these may run,\n"
	"on any hosts; each job is done by one of them.\n\n"
	"  --once      run what is due now, and exit (for cron)\n"
	"  --lease MS  a job goes to another worker when its own does not renew it for so many\n"
	"              milliseconds (60000; less is for tests)\n",
    .run = run,
};
