/* Keeps a process running for each lane. */
#include "job/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "meeting/job.h"

#define PAUSE_FIRST   (1 * SECOND)
#define PAUSE_LONGEST (60 * SECOND)
#define STEADY        (60 * SECOND) /* a process that has run this long restarts at once */

enum {
	COMPOSERS_MAX = 4,
	LANES_MAX = 8 + COMPOSERS_MAX,
};

/* Times are on the monotonic clock. */
struct lane {
	const char *name;
	pid_t pid;        /* 0: there is no process */
	int64_t start_at; /* its last start, or the next one */
	int64_t pause;    /* before the next start */
};

struct supervisor {
	struct lane lanes[LANES_MAX];
	size_t count;
	lane_process *process;
	void *context;
	sigset_t signals; /* blocked, except while waiting */
	bool stopping;
};

/* The process of a lane. The kernel sends it TERM when its parent dies, but not if the parent died
 * before prctl(). */
static void lane_run(const struct supervisor *supervisor, const struct lane *lane, pid_t parent)
{
	char name[16]; /* as the kernel keeps it */

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(0);
	snprintf(name, sizeof name, "confab:%s", lane->name);
	prctl(PR_SET_NAME, name);
	exit(supervisor->process(lane->name, supervisor->context));
}

static void lane_pause(struct lane *lane, int64_t now)
{
	bool steady = now - lane->start_at >= STEADY;

	if (steady || lane->pause == 0)
		lane->pause = steady ? 0 : PAUSE_FIRST;
	else if (lane->pause < PAUSE_LONGEST)
		lane->pause *= 2;
	if (lane->pause > PAUSE_LONGEST)
		lane->pause = PAUSE_LONGEST;
	lane->start_at = now + lane->pause;
}

static void lane_start(const struct supervisor *supervisor, struct lane *lane, int64_t now)
{
	const pid_t parent = getpid();
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		lane_run(supervisor, lane, parent);
	lane->start_at = now;
	if (pid > 0) {
		lane->pid = pid;
		return;
	}
	lane_pause(lane, now);
	log_event(
	    "warning", "cannot start the process of the lane %s: %s", lane->name, strerror(errno));
}

static void lane_ended(const struct supervisor *supervisor, struct lane *lane, int status)
{
	bool killed = WIFSIGNALED(status);

	lane->pid = 0;
	if (supervisor->stopping)
		return;
	lane_pause(lane, clock_monotonic());
	log_event("warning",
	    "the process of the lane %s has ended (%s %d); another one starts in %d s", lane->name,
	    killed ? "signal" : "exit status", killed ? WTERMSIG(status) : WEXITSTATUS(status),
	    (int)(lane->pause / SECOND));
}

/* Reaps all processes that have ended. */
static void lanes_reap(struct supervisor *supervisor)
{
	int status;

	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		for (size_t i = 0; i < supervisor->count; i++) {
			if (supervisor->lanes[i].pid == pid)
				lane_ended(supervisor, &supervisor->lanes[i], status);
		}
	}
}

static bool lanes_alive(const struct supervisor *supervisor)
{
	for (size_t i = 0; i < supervisor->count; i++) {
		if (supervisor->lanes[i].pid != 0)
			return true;
	}
	return false;
}

/* Starts the lanes that have no process and whose pause has ended. Returns the time until the next
 * start. */
static int64_t lanes_start(struct supervisor *supervisor)
{
	int64_t wait = PAUSE_LONGEST;

	for (size_t i = 0; i < supervisor->count; i++) {
		struct lane *lane = &supervisor->lanes[i];
		int64_t now = clock_monotonic();

		if (lane->pid == 0 && lane->start_at <= now)
			lane_start(supervisor, lane, now);
		if (lane->pid == 0 && lane->start_at - now < wait)
			wait = lane->start_at - now;
	}
	return wait;
}

static void lanes_stop(struct supervisor *supervisor)
{
	supervisor->stopping = true;
	for (size_t i = 0; i < supervisor->count; i++) {
		if (supervisor->lanes[i].pid != 0)
			kill(supervisor->lanes[i].pid, SIGTERM);
	}
}

/* Waits until a process ends, a signal tells this one to end, or `wait` has passed. */
static void signal_await(struct supervisor *supervisor, int64_t wait)
{
	const struct timespec limit = {
	    .tv_sec = wait / SECOND, .tv_nsec = wait % SECOND * (1000000000 / SECOND)};
	int signal = sigtimedwait(&supervisor->signals, NULL, &limit);

	if (signal == SIGTERM || signal == SIGINT || signal == SIGQUIT)
		lanes_stop(supervisor);
}

/* The number of processes for a lane. */
static size_t lane_processes(const char *lane)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (strcmp(lane, LANE_COMPOSE) != 0 || cores < 2)
		return 1;
	return cores < COMPOSERS_MAX ? (size_t)cores : COMPOSERS_MAX;
}

void lanes_supervise(const char *const *lanes, size_t count, lane_process *process, void *context)
{
	struct supervisor supervisor = {.process = process, .context = context};
	sigset_t before;

	for (size_t i = 0; i < count; i++) {
		for (size_t left = lane_processes(lanes[i]);
		     left > 0 && supervisor.count < LANES_MAX; left--)
			supervisor.lanes[supervisor.count++].name = lanes[i];
	}
	sigemptyset(&supervisor.signals);
	sigaddset(&supervisor.signals, SIGCHLD);
	sigaddset(&supervisor.signals, SIGTERM);
	sigaddset(&supervisor.signals, SIGINT);
	sigaddset(&supervisor.signals, SIGQUIT);
	/* Ignored children leave no status to wait for. */
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &supervisor.signals, &before);
	while (!supervisor.stopping || lanes_alive(&supervisor)) {
		int64_t wait = supervisor.stopping ? PAUSE_LONGEST : lanes_start(&supervisor);

		signal_await(&supervisor, wait);
		lanes_reap(&supervisor);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
}
