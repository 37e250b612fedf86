/* confabctl work: runs the background jobs. Any number of these may run, on any hosts. */
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/dispatch.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "ctl/ctl.h"
#include "ctl/job_handlers.h"
#include "store/job_kinds.h"

#define LEASE         (60 * SECOND) /* a job's worker that is not done by then is taken for gone */
#define RETRY_FIRST   (1 * SECOND)
#define RETRY_LONGEST (5 * MINUTE)

enum {
	POLL_MS = 500, /* how often an idle worker looks */
};

struct kind {
	const char *name;
	job_handler *handle;
	int64_t every; /* µs between runs of a recurring job; 0: it ends when it is done */
};

static const struct kind kinds[] = {
    {JOB_ROOM_END, job_room_end, 0},
    {JOB_RECORDING_DELETE, job_recording_delete, 0},
    {JOB_ROOMS, job_rooms, 0},
    {JOB_RECONCILE, job_reconcile, 10 * SECOND},
    {JOB_EXPIRE, job_expire, 10 * MINUTE},
};

static volatile sig_atomic_t stopping;

static void stop(int signal)
{
	(void)signal;
	stopping = 1;
}

struct turn {
	struct service *service;
	struct arena *arena;
	const char *worker;
	struct job job;
	bool found;
	int64_t due;
	const char *failure;
};

static enum db_outcome recurring_seed(struct db *db, void *context)
{
	int64_t now = clock_now();

	(void)context;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (kinds[i].every > 0)
			DB_TRY(job_seed(db, kinds[i].name, kinds[i].name, now, now));
	}
	return DB_OK;
}

static enum db_outcome turn_claim(struct db *db, void *context)
{
	struct turn *turn = context;

	return job_claim(db, turn->arena, turn->service->config.host_name, turn->worker, LEASE,
	    clock_now(), &turn->job, &turn->found);
}

static enum db_outcome turn_done(struct db *db, void *context)
{
	const struct turn *turn = context;

	return job_done(db, &turn->job);
}

static enum db_outcome turn_again(struct db *db, void *context)
{
	const struct turn *turn = context;

	return job_again(db, &turn->job, turn->due, turn->failure);
}

static const struct kind *kind_find(const char *name)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}

/* 1 s, 2 s, 4 s … 5 min, and never longer than until a recurring job's next turn. */
static int64_t retry_pause(const struct kind *kind, unsigned attempts)
{
	int64_t longest = RETRY_LONGEST;
	int64_t pause = RETRY_FIRST;

	if (kind != NULL && kind->every > 0 && kind->every < longest)
		longest = kind->every;
	while (attempts-- > 1 && pause < longest)
		pause *= 2;
	return pause < longest ? pause : longest;
}

static bool turn_run(struct turn *turn, struct error *error)
{
	struct service *service = turn->service;
	const struct kind *kind = kind_find(turn->job.kind);
	struct error failure = {0};
	bool done, kept;

	db_deadline_start(service->db);
	if (kind == NULL)
		done = error_set(&failure, ERROR_INTERNAL, "no such kind of job");
	else
		done = kind->handle(service, turn->arena, &turn->job, &failure);
	db_deadline_start(service->db);
	if (done && kind->every == 0) {
		kept = db_run_plain(service->db, turn_done, turn, error);
	} else {
		turn->failure = done ? NULL : failure.message;
		turn->due =
		    clock_now() + (done ? kind->every : retry_pause(kind, turn->job.attempts));
		if (!done)
			log_event("warning", "job %s: try %u failed: %s", turn->job.dedup,
			    turn->job.attempts, failure.message);
		kept = db_run_plain(service->db, turn_again, turn, error);
	}
	error_clear(&failure);
	return kept;
}

/* Runs what is due until nothing is. */
static bool jobs_run(struct service *service, const char *worker, unsigned *count)
{
	struct error error = {0};
	struct turn turn = {
	    .service = service, .arena = arena_new(), .worker = worker, .found = true};

	while (!stopping && turn.found && error.kind == ERROR_NONE) {
		arena_reset(turn.arena);
		db_deadline_start(service->db);
		turn.found = false;
		if (db_run(service->db, turn_claim, &turn, &error) && turn.found &&
		    turn_run(&turn, &error))
			(*count)++;
	}
	if (error.kind != ERROR_NONE)
		log_event("warning", "jobs: %s", error.message);
	turn.found = error.kind == ERROR_NONE;
	error_clear(&error);
	arena_free(turn.arena);
	return turn.found;
}

/* QUIT is what multiwatch 1.0.0-rc1 really sends with -s TERM (measured): a job in hand would lose
 * its worker, and wait until its lease has passed. */
static void signals_install(void)
{
	struct sigaction action = {.sa_handler = stop};

	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGQUIT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static bool seed(struct service *service)
{
	struct error error = {0};
	bool done;

	db_deadline_start(service->db);
	done = db_run_plain(service->db, recurring_seed, NULL, &error);
	if (!done)
		log_event("warning", "jobs: %s", error.message);
	error_clear(&error);
	return done;
}

static int work(struct service *service, bool once)
{
	char worker[300];
	unsigned count = 0;
	bool seeded = seed(service);

	snprintf(worker, sizeof worker, "%s:%d", service->config.host_name, (int)getpid());
	if (once) {
		bool done = seeded && jobs_run(service, worker, &count);

		printf("%u jobs done\n", count);
		return done ? 0 : 1;
	}
	while (!stopping) {
		seeded = seeded || seed(service);
		jobs_run(service, worker, &count);
		if (!stopping)
			poll(NULL, 0, POLL_MS);
	}
	return 0;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
	    {"once", no_argument, NULL, 'o'}, {NULL, 0, NULL, 0}};
	struct service service = {0};
	struct error error = {0};
	bool once = false;
	int status;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option != 'o')
			return ctl_misuse("work");
		once = true;
	}
	if (optind < argc)
		return ctl_misuse("work");
	if (!ctl_config(&service.config))
		return 1;
	if (!service_open(&service, &error)) {
		service_close(&service);
		return ctl_fail("work", &error);
	}
	signals_install();
	status = work(&service, once);
	service_close(&service);
	return status;
}

const struct subcommand subcommand_work = {
    .name = "work",
    .summary = "run background jobs",
    .usage =
	"Usage: confabctl work [--once]\n\n"
	"Runs background jobs until it is told to end (TERM, INT). Any number of these may run,\n"
	"on any hosts; each job is done by one of them.\n\n"
	"  --once  run what is due now, and exit (for cron)\n",
    .run = run,
};
