/* The runner: claims jobs, runs them, and writes the result of each run. */
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
#include "service/gate.h"
#include "service/job_queue.h"
#include "service/media_servers.h"
#include "service/processing.h"

#define RETRY_FIRST   (1 * SECOND)
#define RETRY_LONGEST (5 * MINUTE)
#define RETRY_EVENTS  (10 * SECOND) /* people wait for what the gate does not know */
#define RETRY_STORAGE (1 * HOUR)    /* a storage may be away for days */

enum {
	POLL_MS = 500, /* the pause between two looks of an idle worker */
};

struct kind {
	const char *name;
	job_handler *handle;
	int64_t every; /* microseconds between the runs of a recurring job; 0: it does not recur */
	int64_t longest; /* the longest pause before a retry; 0: RETRY_LONGEST */
};

static const struct kind kinds[] = {
    {JOB_ROOM_END, job_room_end, 0, 0},
    {JOB_ROOMS, job_rooms, 0, 0},
    {JOB_EVENTS, job_events, 0, RETRY_EVENTS},
    {JOB_RECONCILE, job_reconcile, 10 * SECOND, 0},
    {JOB_RECORDINGS, job_recordings, 3 * SECOND, 0},
    {JOB_RECORDING_SIZES, job_room_end, 0, 0}, /* again, on the host that has the files */
    {JOB_RECORDING_DELETE, job_recording_delete, 0, 0},
    {JOB_TRACKS_DELETE, job_tracks_delete, 0, 0},
    {JOB_ARCHIVE_TRACKS, job_archive_tracks, 0, 0},
    {JOB_ARCHIVE_COMPOSE, job_archive_compose, 0, 0},
    {JOB_ARCHIVE_LIVE, job_archive_live, 0, 0},
    {JOB_TRACKS_EXPIRE, job_tracks_expire, 0, 0},
    {JOB_ARCHIVE_UPLOAD, job_archive_upload, 0, RETRY_STORAGE},
    {JOB_OBJECTS_DELETE, job_objects_delete, 0, RETRY_STORAGE},
    {JOB_EXPIRE, job_expire, 10 * MINUTE, 0},
    {JOB_RETENTION, job_retention, 1 * HOUR, 0},
};

static volatile sig_atomic_t stopping;

static void stop(int signal)
{
	(void)signal;
	stopping = 1;
}

static bool told(void)
{
	return stopping != 0;
}

/* One run of a job. */
struct job_run {
	struct service *service;
	struct arena *arena;
	const struct job_worker *worker;
	struct job job;
	bool found;
};

static const struct kind *kind_find(const char *name)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}

/* 1 s, 2 s, 4 s … to the longest pause of the kind, or the interval of a recurring job. */
static int64_t retry_pause(const struct kind *kind, unsigned attempts)
{
	int64_t longest = RETRY_LONGEST;
	int64_t pause = RETRY_FIRST;

	if (kind != NULL && kind->longest > 0)
		longest = kind->longest;
	if (kind != NULL && kind->every > 0 && kind->every < longest)
		longest = kind->every;
	while (attempts-- > 1 && pause < longest)
		pause *= 2;
	return pause < longest ? pause : longest;
}

/* The job's name in the log: its kind and, if it has one, its subject. */
#define JOB_FORMAT    "job %s%s%s"
#define JOB_NAME(job) (job)->kind, *(job)->subject == '\0' ? "" : " ", (job)->subject

/* Writes the result of the run. A worker that has lost the job writes nothing. */
static bool run_finish(struct job_run *run, const struct kind *kind, bool done,
    const struct error *failure, struct error *error)
{
	const struct job *job = &run->job;
	bool written;

	if (job->lease->lost) {
		written = true;
	} else if (done && kind->every == 0) {
		written = job_queue_done(run->service, job, error);
	} else {
		int64_t pause = done ? kind->every : retry_pause(kind, job->attempts);
		/* The next worker goes on at once with what this one gives back. */
		int64_t due = clock_now() + (done || !told() ? pause : 0);

		if (!done && !told())
			log_event("warning", JOB_FORMAT ": try %u failed: %s", JOB_NAME(job),
			    job->attempts, failure->message);
		written =
		    job_queue_again(run->service, job, due, done ? NULL : failure->message, error);
	}
	if (job->lease->lost)
		log_event("warning",
		    JOB_FORMAT ": this worker was too slow; the job is another's by now",
		    JOB_NAME(job));
	return written;
}

static bool run_job(struct job_run *run, struct error *error)
{
	struct service *service = run->service;
	const struct kind *kind = kind_find(run->job.kind);
	struct error failure = {0};
	bool done, finished;

	service_deadline_start(service);
	run->job.told = told;
	if (kind == NULL)
		done = error_set(&failure, ERROR_INTERNAL, "no such kind of job");
	else
		done = kind->handle(service, run->arena, &run->job, &failure);
	finished = run_finish(run, kind, done, &failure, error);
	error_clear(&failure);
	gate_push(service, run->arena);
	return finished;
}

/* A process that runs the jobs of one lane, or of all lanes in turn. */
struct worker {
	struct service *service;
	char name[300];
	struct job_worker worker; /* its lane is the present one */
	unsigned count;           /* the number of finished jobs */
	int64_t beat;             /* the time of the next heartbeat, on the monotonic clock */
	bool failing;             /* the table of jobs cannot be used; this was logged */
};

/* Logs the first error of the table; further ones are not logged until it works again. */
static bool table_failed(struct worker *worker, struct error *error)
{
	if (!worker->failing)
		log_event("warning", "jobs: %s", error->message);
	worker->failing = true;
	error_clear(error);
	return false;
}

/* Writes the heartbeat of this host's media server when it is due. Only the control lane does this.
 */
static void beat(struct worker *worker, struct arena *arena)
{
	if (clock_monotonic() < worker->beat || strcmp(worker->worker.lane, LANE_CONTROL) != 0)
		return;
	media_server_heartbeat(worker->service, arena);
	processing_measure(worker->service);
	worker->beat = clock_monotonic() + HEARTBEAT_INTERVAL;
}

/* Runs the due jobs of the worker's lane until none is left. */
static bool jobs_run(struct worker *worker)
{
	struct service *service = worker->service;
	struct error error = {0};
	struct job_run run = {
	    .service = service, .arena = arena_new(), .worker = &worker->worker, .found = true};

	while (!stopping && run.found && error.kind == ERROR_NONE) {
		arena_reset(run.arena);
		beat(worker, run.arena);
		run.found = false;
		if (job_queue_claim(service, run.arena, run.worker, &run.job, &run.found, &error) &&
		    run.found && run_job(&run, &error) && !run.job.lease->lost)
			worker->count++;
	}
	arena_free(run.arena);
	if (error.kind != ERROR_NONE)
		return table_failed(worker, &error);
	worker->failing = false;
	return true;
}

static void worker_init(
    struct worker *worker, struct service *service, const char *lane, int64_t lease)
{
	const char *host = service->config.host_name;

	*worker = (struct worker){.service = service};
	snprintf(worker->name, sizeof worker->name, "%s:%d", host, (int)getpid());
	worker->worker =
	    (struct job_worker){.lane = lane, .host = host, .name = worker->name, .lease = lease};
}

/* multiwatch 1.0.0-rc1 sends QUIT instead of TERM with -s TERM (measured). Without a handler the
 * running job would lose its worker, and wait for the end of its lease. The parent process may have
 * blocked these signals. */
static void signals_install(void)
{
	struct sigaction action = {.sa_handler = stop};
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGQUIT);
	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGQUIT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_UNBLOCK, &ends, NULL);
}

/* Puts the recurring jobs of the worker's lane into the table. */
static bool seed(struct worker *worker)
{
	const char *recurring[sizeof kinds / sizeof kinds[0]];
	struct error error = {0};
	size_t count = 0;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (kinds[i].every > 0 &&
		    strcmp(job_kind_lane(kinds[i].name), worker->worker.lane) == 0)
			recurring[count++] = kinds[i].name;
	}
	return job_queue_seed(worker->service, recurring, count, &error) ||
	       table_failed(worker, &error);
}

/* Runs the due jobs of these lanes once. */
static bool lanes_run(struct worker *worker, const char *const *lanes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		worker->worker.lane = lanes[i];
		if (!jobs_run(worker))
			return false;
	}
	return true;
}

bool jobs_lane_known(const char *lane)
{
	for (size_t i = 0; i < job_lane_count; i++) {
		if (strcmp(lane, job_lanes[i]) == 0)
			return true;
	}
	return false;
}

bool jobs_run_due(struct service *service, const char *const *lanes, size_t lane_count,
    int64_t lease, unsigned *count)
{
	struct worker worker;
	unsigned before;
	bool done = true;

	signals_install();
	worker_init(&worker, service, lanes[0], lease);
	for (size_t i = 0; i < lane_count && done; i++) {
		worker.worker.lane = lanes[i];
		done = seed(&worker);
	}
	/* A job of one lane may put one into another. */
	do {
		before = worker.count;
		done = done && lanes_run(&worker, lanes, lane_count);
	} while (done && worker.count > before);
	*count = worker.count;
	return done;
}

void jobs_run_until_told(struct service *service, const char *lane, int64_t lease)
{
	struct worker worker;
	bool seeded = false;

	signals_install();
	worker_init(&worker, service, lane, lease);
	while (!stopping) {
		seeded = seeded || seed(&worker);
		jobs_run(&worker);
		if (!stopping)
			poll(NULL, 0, POLL_MS);
	}
}
