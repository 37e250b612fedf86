/* Runs a program that works on a recording, confined by `confab-media run`. */
#include "archive/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"

enum {
	LOOK_MS = 500,             /* between two calls of keep() */
	CHUNK = 16 * 1024,         /* bytes of one read */
	LINE_MAX_SIZE = 64 << 20,  /* bytes: the answer about the tracks is one line */
	ARGUMENTS_MAX = 64,        /* before those of the program */
	FILE_SIZE_MIB = 1024 * 64, /* the most that the program may write into one file */
};

/* `confab-media run` kills its program 5 s after TERM. */
#define GRACE (12 * SECOND)

struct running {
	struct arena *arena;
	struct program *program;
	pid_t pid;
	int output, complaints; /* -1: closed */
	struct buffer line;     /* of the output, not whole yet */
	bool told;              /* keep() has said no */
	int64_t kill_at;        /* if told: on the monotonic clock */
};

const char *program_media(struct arena *arena)
{
	static const char installed[] = CONFAB_LIBEXEC_DIR "/confab-media";
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
	char *slash;

	path[len > 0 ? len : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash != NULL) {
		const char *beside =
		    arena_printf(arena, "%.*s/confab-media", (int)(slash - path), path);

		if (access(beside, X_OK) == 0)
			return beside;
	}
	return access(installed, X_OK) == 0 ? installed : NULL;
}

/* ---- the start ---- */

static const char **paths_put(
    const char **next, const char *option, const char *const *paths, const char *const *end)
{
	for (; paths != NULL && *paths != NULL && next + 2 < end; paths++) {
		*next++ = option;
		*next++ = *paths;
	}
	return next;
}

static const char **arguments_make(struct arena *arena, const struct program *program)
{
	size_t count = 0;
	const char **list, **next;

	while (program->arguments[count] != NULL)
		count++;
	next = list = arena_alloc(arena, (count + ARGUMENTS_MAX) * sizeof *list);
	*next++ = program->media;
	*next++ = "run";
	*next++ = "--cpu";
	*next++ = arena_printf(arena, "%lld", (long long)program->cpu);
	*next++ = "--stall";
	*next++ = arena_printf(arena, "%lld", (long long)program->stall);
	*next++ = "--file-size";
	*next++ = arena_printf(arena, "%d", FILE_SIZE_MIB);
	next = paths_put(next, "--read", program->reads, list + ARGUMENTS_MAX - 2);
	next = paths_put(next, "--write", program->writes, list + ARGUMENTS_MAX - 2);
	*next++ = "--";
	memcpy(next, program->arguments, count * sizeof *list);
	return list;
}

/* A file without a name that holds the text; -1 with errno. */
static int input_open(const char *text)
{
	size_t len = text == NULL ? 0 : strlen(text);
	int fd = text == NULL ? open("/dev/null", O_RDONLY | O_CLOEXEC)
			      : memfd_create("input", MFD_CLOEXEC);

	if (fd < 0 || len == 0)
		return fd;
	if (write(fd, text, len) == (ssize_t)len && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	return -1;
}

/* The child. It gets neither the environment nor the descriptors of this process: both lead to
 * secrets. */
__attribute__((noreturn)) static void child(
    const char *const *arguments, int input, int output, int complaints, pid_t parent)
{
	const char *path = getenv("PATH");
	char *environment[] = {NULL, NULL};
	sigset_t none;

	if (asprintf(&environment[0], "PATH=%s",
		path != NULL ? path : "/usr/local/bin:/usr/bin:/bin") < 0)
		_exit(RUN_NO_START);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(RUN_TOLD);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
	    dup2(complaints, STDERR_FILENO) >= 0 &&
	    close_range(STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0)
		execve(arguments[0], (char *const *)arguments, environment);
	dprintf(STDERR_FILENO, "%s: %s\n", arguments[0], strerror(errno));
	_exit(RUN_NO_START);
}

static bool start(struct running *running)
{
	const char *const *arguments = arguments_make(running->arena, running->program);
	int input = input_open(running->program->input);
	int output[2] = {-1, -1}, complaints[2] = {-1, -1};
	const pid_t parent = getpid();
	bool good =
	    input >= 0 && pipe2(output, O_CLOEXEC) == 0 && pipe2(complaints, O_CLOEXEC) == 0;

	running->pid = good ? fork() : -1;
	if (running->pid == 0)
		child(arguments, input, output[1], complaints[1], parent);
	if (running->pid < 0)
		snprintf(running->program->complaint, PROGRAM_COMPLAINT_MAX,
		    "no process can be started: %s", strerror(errno));
	if (input >= 0)
		close(input);
	if (output[1] >= 0)
		close(output[1]);
	if (complaints[1] >= 0)
		close(complaints[1]);
	running->output = output[0];
	running->complaints = complaints[0];
	return running->pid > 0;
}

/* ---- while it runs ---- */

static void output_take(struct running *running, const char *bytes, size_t len)
{
	struct program *program = running->program;
	const char *end;

	while ((end = memchr(bytes, '\n', len)) != NULL) {
		size_t piece = (size_t)(end - bytes);

		buffer_put(&running->line, bytes, piece);
		if (program->line != NULL)
			program->line(program->line_context, running->line.text);
		running->line.len = 0;
		bytes += piece + 1;
		len -= piece + 1;
	}
	if (running->line.len + len < LINE_MAX_SIZE)
		buffer_put(&running->line, bytes, len);
}

/* Keeps the end of what the program says. */
static void complaint_take(struct program *program, const char *bytes, size_t len)
{
	enum { ROOM = PROGRAM_COMPLAINT_MAX - 1 };
	size_t had = strlen(program->complaint), drop;

	if (len > ROOM) {
		bytes += len - ROOM;
		len = ROOM;
	}
	drop = had + len > ROOM ? had + len - ROOM : 0;
	memmove(program->complaint, program->complaint + drop, had - drop);
	for (size_t i = 0; i < len; i++)
		program->complaint[had - drop + i] =
		    (unsigned char)bytes[i] < ' ' || (unsigned char)bytes[i] > '~' ? ' ' : bytes[i];
	program->complaint[had - drop + len] = '\0';
}

/* Reads once. Closes the descriptor at its end. */
static void pipe_read(struct running *running, int *fd)
{
	char bytes[CHUNK];
	ssize_t len = read(*fd, bytes, sizeof bytes);

	if (len < 0 && errno == EINTR)
		return;
	if (len <= 0) {
		close(*fd);
		*fd = -1;
	} else if (fd == &running->output) {
		output_take(running, bytes, (size_t)len);
	} else {
		complaint_take(running->program, bytes, (size_t)len);
	}
}

static void look(struct running *running)
{
	const struct program *program = running->program;

	if (running->told) {
		if (clock_monotonic() >= running->kill_at)
			kill(running->pid, SIGKILL);
	} else if (program->keep != NULL && !program->keep(program->keep_context)) {
		running->told = true;
		running->kill_at = clock_monotonic() + GRACE;
		kill(running->pid, SIGTERM);
	}
}

/* Until the program has closed its output, which it does when it ends. */
static void watch(struct running *running)
{
	int64_t next = clock_monotonic() + LOOK_MS * MILLISECOND;

	while (running->output >= 0 || running->complaints >= 0) {
		int64_t left = next - clock_monotonic();
		struct pollfd polled[] = {{.fd = running->output, .events = POLLIN},
		    {.fd = running->complaints, .events = POLLIN}};
		/* A signal that tells this worker to end is looked at soon. */
		int ready = poll(polled, 2, left > 0 ? (int)(left / MILLISECOND) + 1 : 0);

		if (ready > 0 && polled[0].revents != 0)
			pipe_read(running, &running->output);
		if (ready > 0 && polled[1].revents != 0)
			pipe_read(running, &running->complaints);
		if (ready < 0 || clock_monotonic() >= next) {
			look(running);
			next = clock_monotonic() + LOOK_MS * MILLISECOND;
		}
	}
}

static enum run_status conclude(struct running *running)
{
	struct program *program = running->program;
	struct rusage usage = {0};
	int status = 0;

	while (wait4(running->pid, &status, 0, &usage) < 0 && errno == EINTR)
		;
	program->cpu_used = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * SECOND +
			    usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
	if (running->told)
		return RUN_TOLD;
	if (WIFSIGNALED(status))
		return RUN_KILLED;
	return (enum run_status)WEXITSTATUS(status);
}

enum run_status program_run(struct arena *arena, struct program *program)
{
	struct running running = {
	    .arena = arena, .program = program, .line = buffer_new(arena, CHUNK)};
	enum run_status status = RUN_NO_START;

	signal(SIGCHLD, SIG_DFL); /* ignored children leave no status */
	program->complaint[0] = '\0';
	program->cpu_used = 0;
	if (start(&running)) {
		watch(&running);
		status = conclude(&running);
	}
	if (running.output >= 0)
		close(running.output);
	if (running.complaints >= 0)
		close(running.complaints);
	return status;
}
