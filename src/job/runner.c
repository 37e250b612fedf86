/* The runner: claims jobs, runs them, and writes what each run came to. */
#include "job/runner.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "job/handlers.h"
#include "service/media_servers.h"
#include "store/job_kinds.h"

#define RETRY_FIRST   (1 * SECOND)
#define RETRY_LONGEST (5 * MINUTE)

enum {
	POLL_MS = 500, /* how often an idle worker looks */
};

struct kind {
	const char *name;
	job_handler *handle;
	int64_t every; /* µs between runs of a recurring job; 0: it ends when it is done */
	bool per_server; /* there is one for each media server */
};

static const struct kind kinds[] = {
    {JOB_ROOM_END, job_room_end, 0, false},
    {JOB_RECORDING_DELETE, job_recording_delete, 0, false},
    {JOB_ROOMS, job_rooms, 0, true},
    {JOB_RECONCILE, job_reconcile, 10 * SECOND, true},
    {JOB_EXPIRE, job_expire, 10 * MINUTE, false},
};

static volatile sig_atomic_t stopping;

static void stop(int signal)
{
	(void)signal;
	stopping = 1;
}

/* One run of a job. */
struct job_run {
	struct service *service;
	struct arena *arena;
	const char *worker;
	int64_t lease;
	struct job job;
	bool found;
};

static enum db_outcome recurring_seed(struct db *db, struct arena *arena, const char *provider)
{
	struct media_server_row *servers;
	int64_t now = clock_now();
	size_t count;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (kinds[i].every > 0 && !kinds[i].per_server)
			DB_TRY(job_seed(db, kinds[i].name, kinds[i].name, now, now));
	}
	DB_TRY(media_servers_find(db, arena, provider, &servers, &count));
	for (size_t i = 0; i < count; i++)
		DB_TRY(job_seed_reconcile(db, servers[i].server.name, now));
	return DB_OK;
}

static enum db_outcome run_claim(struct db *db, void *context)
{
	struct job_run *run = context;

	return job_claim(db, run->arena, run->service->config.host_name, run->worker, run->lease,
	    clock_now(), &run->job, &run->found);
}

static const struct kind *kind_find(const char *name)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}

/* 1 s, 2 s, 4 s … 5 min, and never longer than until a recurring job's next run. */
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

/* Writes what the run came to. A worker that has lost the job writes nothing. */
static bool run_finish(struct job_run *run, const struct kind *kind, bool done,
    const struct error *failure, struct error *error)
{
	struct db *db = run->service->db;
	bool written;

	db_deadline_start(db);
	if (run->job.lease->lost) {
		written = true;
	} else if (done && kind->every == 0) {
		written = db_once(db, error, job_done(db, &run->job));
	} else {
		int64_t due =
		    clock_now() + (done ? kind->every : retry_pause(kind, run->job.attempts));

		if (!done)
			log_event("warning", "job %s: try %u failed: %s", run->job.dedup,
			    run->job.attempts, failure->message);
		written = db_once(
		    db, error, job_again(db, &run->job, due, done ? NULL : failure->message));
	}
	if (run->job.lease->lost)
		log_event("warning",
		    "job %s: this worker was too slow; the job is another's by now",
		    run->job.dedup);
	return written;
}

static bool run_job(struct job_run *run, struct error *error)
{
	struct service *service = run->service;
	const struct kind *kind = kind_find(run->job.kind);
	struct error failure = {0};
	bool done, finished;

	db_deadline_start(service->db);
	if (kind == NULL)
		done = error_set(&failure, ERROR_INTERNAL, "no such kind of job");
	else
		done = kind->handle(service, run->arena, &run->job, &failure);
	finished = run_finish(run, kind, done, &failure, error);
	error_clear(&failure);
	return finished;
}

/* A worker: the process that runs jobs. */
struct worker {
	struct service *service;
	char name[300];
	int64_t lease;  /* microseconds */
	unsigned count; /* of jobs done */
	int64_t beat;   /* on the monotonic clock: when the next heartbeat is due */
	bool failing;   /* the table of jobs could not be used, and that was logged */
};

/* Logs what keeps the worker from its table once, however often it tries. */
static bool table_failed(struct worker *worker, struct error *error)
{
	if (!worker->failing)
		log_event("warning", "jobs: %s", error->message);
	worker->failing = true;
	error_clear(error);
	return false;
}

/* This host's media server, if there is one, is known to be well by its heartbeat. */
static void beat(struct worker *worker, struct arena *arena)
{
	if (clock_monotonic() < worker->beat)
		return;
	media_server_heartbeat(worker->service, arena);
	worker->beat = clock_monotonic() + HEARTBEAT_INTERVAL;
}

/* Runs what is due until nothing is. */
static bool jobs_run(struct worker *worker)
{
	struct service *service = worker->service;
	struct error error = {0};
	struct job_run run = {.service = service,
	    .arena = arena_new(),
	    .worker = worker->name,
	    .lease = worker->lease,
	    .found = true};

	while (!stopping && run.found && error.kind == ERROR_NONE) {
		arena_reset(run.arena);
		beat(worker, run.arena);
		db_deadline_start(service->db);
		run.found = false;
		if (db_run(service->db, run_claim, &run, &error) && run.found &&
		    run_job(&run, &error) && !run.job.lease->lost)
			worker->count++;
	}
	arena_free(run.arena);
	if (error.kind != ERROR_NONE)
		return table_failed(worker, &error);
	worker->failing = false;
	return true;
}

static struct worker worker_new(struct service *service, int64_t lease)
{
	struct worker worker = {.service = service, .lease = lease};

	snprintf(
	    worker.name, sizeof worker.name, "%s:%d", service->config.host_name, (int)getpid());
	return worker;
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

static bool seed(struct worker *worker)
{
	struct service *service = worker->service;
	struct arena *arena = arena_new();
	struct error error = {0};
	bool done;

	db_deadline_start(service->db);
	done = db_once(
	    service->db, &error, recurring_seed(service->db, arena, service->provider->name));
	arena_free(arena);
	return done || table_failed(worker, &error);
}

bool jobs_run_due(struct service *service, int64_t lease, unsigned *count)
{
	struct worker worker = worker_new(service, lease);
	bool done;

	signals_install();
	done = seed(&worker) && jobs_run(&worker);
	*count = worker.count;
	return done;
}

void jobs_run_until_told(struct service *service, int64_t lease)
{
	struct worker worker = worker_new(service, lease);
	bool seeded = false;

	signals_install();
	while (!stopping) {
		seeded = seeded || seed(&worker);
		jobs_run(&worker);
		if (!stopping)
			poll(NULL, 0, POLL_MS);
	}
}
