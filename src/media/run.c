/* confab-media run: runs a program that works on a recording, confined, and watches it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "media/media.h"
#include "media/progress.h"
#include "base/run_status.h"
#include "media/sandbox.h"

#define GRACE (5 * SECOND) /* from TERM to KILL, and from KILL to leaving it alone */

enum {
	CHUNK = 4096, /* a pipe that has room takes as much at once */
	STALL = 120,  /* seconds; these four when no option says otherwise */
	CPU = 180,
	MEMORY = 2000, /* MiB */
	FILE_SIZE = 4096,
	SECONDS_MAX = 10000000,
	MIB_MAX = 1 << 24,
	MIB_BITS = 20,
	KEPT_MAX = 16,
	REACHES_MAX = 16,
	DECIMAL = 10,
	STATUS_EXEC = 127, /* of the child: nobody looks at it */
};

struct wish {
	struct sandbox sandbox;
	int kept[KEPT_MAX + 1]; /* the last one is for the report of the start */
	struct reach reaches[REACHES_MAX];
	int64_t stall;  /* microseconds */
	char **program; /* with its arguments */
};

/* The steps to a program's end. It goes from one to the next when the time is over. */
enum stage { RUNNING, TOLD, KILLED, LEFT };

struct run {
	const struct wish *wish;
	pid_t pid; /* 0: it has ended */
	int output, signals;
	enum stage stage;
	enum run_status reason; /* why it was told to end */
	int64_t until;          /* on the monotonic clock: the end of the stage */
	int status;
	struct rusage usage;
	struct progress progress;
	char bytes[CHUNK]; /* read from the program, not written yet: */
	size_t from, to;
};

static bool whole_read(const char *text, int64_t least, int64_t most, int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(text, &end, DECIMAL);
	return end != text && *end == '\0' && errno == 0 && *number >= least && *number <= most;
}

static bool kept_read(const char *text, struct wish *wish)
{
	int64_t number;

	if (!whole_read(text, STDERR_FILENO + 1, SANDBOX_DESCRIPTORS - 1, &number) ||
	    wish->sandbox.kept_count == KEPT_MAX)
		return false;
	wish->kept[wish->sandbox.kept_count++] = (int)number;
	return true;
}

static bool reach_read(const char *path, bool write, struct wish *wish)
{
	if (wish->sandbox.reach_count == REACHES_MAX)
		return false;
	wish->reaches[wish->sandbox.reach_count++] = (struct reach){path, write};
	return true;
}

static bool option_read(const char *name, const char *value, struct wish *wish)
{
	struct sandbox *sandbox = &wish->sandbox;

	if (strcmp(name, "--keep") == 0)
		return kept_read(value, wish);
	if (strcmp(name, "--read") == 0 || strcmp(name, "--write") == 0)
		return reach_read(value, name[2] == 'w', wish);
	if (strcmp(name, "--cpu") == 0)
		return whole_read(value, 1, SECONDS_MAX, &sandbox->cpu);
	if (strcmp(name, "--memory") == 0)
		return whole_read(value, 0, MIB_MAX, &sandbox->memory);
	if (strcmp(name, "--file-size") == 0)
		return whole_read(value, 0, MIB_MAX, &sandbox->file_size);
	return strcmp(name, "--stall") == 0 && whole_read(value, 1, SECONDS_MAX, &wish->stall);
}

/* Options end at `--`: what follows is the program. */
static bool wish_read(int argc, char **argv, struct wish *wish)
{
	int i = 1;

	*wish = (struct wish){
	    .sandbox = {.cpu = CPU, .memory = MEMORY, .file_size = FILE_SIZE}, .stall = STALL};
	for (; i < argc && strcmp(argv[i], "--") != 0; i += 2) {
		if (i + 1 >= argc || !option_read(argv[i], argv[i + 1], wish))
			return false;
	}
	wish->program = argv + i + 1;
	wish->sandbox.kept = wish->kept;
	wish->sandbox.reaches = wish->reaches;
	wish->sandbox.memory <<= MIB_BITS;
	wish->sandbox.file_size <<= MIB_BITS;
	wish->stall *= SECOND;
	return i + 1 < argc;
}

__attribute__((format(printf, 2, 3))) static int end(
    enum run_status status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("confab-media run: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	return (int)status;
}

static int number_compare(const void *one, const void *other)
{
	return *(const int *)one - *(const int *)other;
}

/* "NAME=value" of this process' environment, or of `otherwise`. */
static char *variable(const char *name, const char *otherwise)
{
	const char *value = getenv(name);
	char *text;

	return asprintf(&text, "%s=%s", name, value != NULL ? value : otherwise) < 0 ? NULL : text;
}

static void lack_say(const char *what, int why)
{
	if (why != 0)
		dprintf(STDERR_FILENO,
		    "confab-media run: this system gives no %s (%s); system calls are refused\n",
		    what, strerror(why));
}

/* The child. Writes into `report` why it cannot start the program; exec closes `report`. */
static void child(struct wish *wish, int output, int report)
{
	char *environment[] = {
	    variable("PATH", "/usr/local/bin:/usr/bin:/bin"), variable("HOME", "/"), NULL};
	struct error error = {0};
	struct sandbox_lacks lacks;

	wish->kept[wish->sandbox.kept_count++] = report;
	qsort(wish->kept, wish->sandbox.kept_count, sizeof wish->kept[0], number_compare);
	if (dup2(output, STDOUT_FILENO) < 0) {
		dprintf(report, "its output cannot be read: %s", strerror(errno));
		_exit(STATUS_EXEC);
	}
	if (!sandbox_enter(&wish->sandbox, &lacks, &error)) {
		dprintf(report, "%s", error.message);
		_exit(STATUS_EXEC);
	}
	lack_say("namespaces", lacks.namespaces);
	lack_say("Landlock", lacks.landlock);
	execvpe(wish->program[0], wish->program, environment);
	dprintf(report, "%s: %s", wish->program[0], strerror(errno));
	_exit(STATUS_EXEC);
}

/* Starts the program. Gives 0, or an exit status after a line on standard error. */
static int start(struct run *run, struct wish *wish)
{
	int output[2], report[2];
	char why[ERROR_MESSAGE_MAX];
	ssize_t len;

	if (pipe2(output, O_CLOEXEC) != 0 || pipe2(report, O_CLOEXEC) != 0)
		return end(RUN_NO_START, "no pipe: %s", strerror(errno));
	wish->sandbox.parent = getpid();
	run->pid = fork();
	if (run->pid < 0)
		return end(RUN_NO_START, "no process: %s", strerror(errno));
	if (run->pid == 0)
		child(wish, output[1], report[1]);
	close(output[1]);
	close(report[1]);
	run->output = output[0];
	len = read(report[0], why, sizeof why - 1);
	close(report[0]);
	if (len == 0)
		return 0;
	waitpid(run->pid, NULL, 0);
	why[len > 0 ? len : 0] = '\0';
	return end(RUN_NO_START, "%s", why);
}

static void stage_enter(struct run *run, enum stage stage)
{
	if (stage == TOLD && run->pid != 0)
		kill(run->pid, SIGTERM);
	if (stage == KILLED && run->pid != 0)
		kill(run->pid, SIGKILL);
	run->stage = stage;
	run->until = clock_monotonic() + GRACE;
}

/* The first reason stays. */
static void tell(struct run *run, enum run_status reason)
{
	if (run->stage != RUNNING)
		return;
	run->reason = reason;
	stage_enter(run, TOLD);
}

static void time_check(struct run *run)
{
	if (clock_monotonic() < run->until)
		return;
	if (run->stage == RUNNING)
		tell(run, RUN_NO_PROGRESS);
	else
		stage_enter(run, run->stage == TOLD ? KILLED : LEFT);
}

static void signals_read(struct run *run)
{
	struct signalfd_siginfo info;

	while (read(run->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo != SIGCHLD)
			tell(run, RUN_TOLD);
	}
	if (run->pid != 0 && wait4(run->pid, &run->status, WNOHANG, &run->usage) == run->pid)
		run->pid = 0;
}

static void output_read(struct run *run)
{
	ssize_t len = read(run->output, run->bytes, sizeof run->bytes);

	if (len <= 0) {
		close(run->output);
		run->output = -1;
		return;
	}
	run->from = 0;
	run->to = (size_t)len;
	if (progress_feed(&run->progress, run->bytes, run->to) && run->stage == RUNNING)
		run->until = clock_monotonic() + run->wish->stall;
}

/* Nobody wants the result if nobody reads: the rest of the output is dropped. */
static void output_write(struct run *run)
{
	ssize_t len = write(STDOUT_FILENO, run->bytes + run->from, run->to - run->from);

	if (len > 0) {
		run->from += (size_t)len;
	} else if (errno != EINTR && errno != EAGAIN) {
		run->from = run->to;
		tell(run, RUN_TOLD);
	}
}

/* Until the program has ended, and its output is written. */
static void watch(struct run *run)
{
	run->until = clock_monotonic() + run->wish->stall;
	while (run->stage != LEFT && (run->pid != 0 || run->output >= 0 || run->from < run->to)) {
		bool full = run->from < run->to;
		int64_t wait = run->until - clock_monotonic();
		struct pollfd polled[] = {{.fd = run->signals, .events = POLLIN},
		    {.fd = full ? STDOUT_FILENO : run->output, .events = full ? POLLOUT : POLLIN}};

		if (poll(polled, 2, wait > 0 ? (int)(wait / MILLISECOND) + 1 : 0) < 0)
			continue;
		if (polled[0].revents != 0)
			signals_read(run);
		if (polled[1].revents != 0 && full)
			output_write(run);
		else if (polled[1].revents != 0)
			output_read(run);
		time_check(run);
	}
}

/* KILL comes also when the machine has no memory, so the used time counts. The kernel counts the
 * limit's time by its clock's ticks, which on a busy machine are up to a sixth too many. */
static bool cpu_over(const struct run *run)
{
	const struct rusage *usage = &run->usage;
	int64_t used = (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * SECOND +
		       usage->ru_utime.tv_usec + usage->ru_stime.tv_usec;

	return WTERMSIG(run->status) == SIGKILL && used >= run->wish->sandbox.cpu * SECOND / 2;
}

static int signal_conclude(const struct run *run, const char *program)
{
	if (WTERMSIG(run->status) == SIGXFSZ)
		return end(RUN_LIMIT, "%s reached its limit of file size", program);
	if (cpu_over(run))
		return end(RUN_LIMIT, "%s reached its limit of CPU time", program);
	return end(RUN_KILLED, "%s was ended by signal %d", program, WTERMSIG(run->status));
}

static int conclude(const struct run *run)
{
	const char *program = run->wish->program[0];

	if (run->stage != RUNNING && run->reason == RUN_NO_PROGRESS)
		return end(RUN_NO_PROGRESS, "%s made no progress for %d s", program,
		    (int)(run->wish->stall / SECOND));
	if (run->stage != RUNNING)
		return end(RUN_TOLD, "%s was told to end", program);
	if (WIFSIGNALED(run->status))
		return signal_conclude(run, program);
	if (WEXITSTATUS(run->status) != 0)
		return end(
		    RUN_FAILED, "%s ended with exit status %d", program, WEXITSTATUS(run->status));
	return RUN_DONE;
}

/* CHLD and the signals that tell to end are read from a descriptor. */
static int signals_take(void)
{
	static const int taken[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
		sigaddset(&set, taken[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGCHLD, SIG_DFL); /* ignored children leave no status */
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* A standard descriptor that is closed becomes /dev/null: a pipe must not get its number. */
static bool standard_open(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	return fd >= 0 && close(fd) == 0;
}

/* The program may not read the environment or the memory of this process, which dies with its own
 * parent, and the program with it. */
static bool self_prepare(void)
{
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	       prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0;
}

static int run_program(int argc, char **argv)
{
	struct wish wish;
	struct run run = {.wish = &wish, .output = -1};
	int status;

	if (!wish_read(argc, argv, &wish))
		return media_misuse("run");
	if (!standard_open())
		return end(RUN_NO_START, "/dev/null: %s", strerror(errno));
	for (size_t i = 0; i < wish.sandbox.kept_count; i++) {
		if (fcntl(wish.kept[i], F_GETFD) < 0)
			return end(RUN_NO_START, "descriptor %d is not open", wish.kept[i]);
	}
	run.signals = signals_take();
	if (run.signals < 0 || !self_prepare())
		return end(RUN_NO_START, "signals: %s", strerror(errno));
	status = start(&run, &wish);
	if (status != 0)
		return status;
	watch(&run);
	return conclude(&run);
}

const struct media_command command_run = {.name = "run",
    .summary = "Run a program on a recording, confined",
    .usage =
	"Usage: confab-media run [OPTION]... -- PROGRAM [ARGUMENT]...\n\n"
	"Runs the program without network, other processes, children, privileges or secrets, at\n"
	"nice 15, with an environment of PATH and HOME only. It passes on the signals TERM and\n"
	"INT as TERM, and kills the program 5 s later. The program dies with this one, and this\n"
	"one with the process that started it.\n\n"
	"  --cpu SECONDS     CPU time (180)\n"
	"  --memory MIB      address space; 0: no limit (2000)\n"
	"  --file-size MIB   size of each file that it writes (4096)\n"
	"  --stall SECONDS   it is ended when its standard output shows no progress for so long\n"
	"                    (120). Of ffmpeg's `-progress pipe:1` new values of frame,\n"
	"                    total_size and out_time_us are progress; else each line is.\n"
	"  --read PATH       a file or folder that it may read\n"
	"  --write PATH      one that it may change. With --read or --write it reaches no other\n"
	"                    files but the system's programs, libraries and fonts, where the\n"
	"                    system has Landlock. Both may be given again\n"
	"  --keep NUMBER     an open descriptor that the program gets beside 0, 1 and 2; may be\n"
	"                    given again\n\n"
	"Exit status: 0 the program did it, 1 the program failed, 2 wrong arguments, 3 it cannot\n"
	"be started, 4 a limit ended it (CPU time, file size), 5 no progress, 6 it was told to\n"
	"end, 7 another signal ended it. The last line on standard error says it too.\n",
    .run = run_program};
