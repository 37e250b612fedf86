/* Serves FastCGI requests, and ends without losing one.
 *
 * libfcgi drops a request when a signal interrupts its accept() or read(). So the signals are
 * blocked, and a signalfd beside the listening socket reports them. The listening socket does not
 * block, so accept() returns at once. */
#include "serve.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "api/dispatch.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "http/front.h"

enum {
	LISTEN_SOCKET = 0, /* the program that starts the worker puts the socket here */
};

/* A client may have found this socket just before another one got its name, and may connect a
 * moment later. */
#define DRAIN_MIN (100 * MILLISECOND)
/* nginx gives up a request that waits for longer (fastcgi_read_timeout). */
#define DRAIN_MAX MINUTE

/* What a worker waits for. */
struct listener {
	int epoll;
	int signals; /* signalfd */
	bool socket_stays;
	enum {
		LISTENER_RUNS,
		LISTENER_DRAINS, /* serves until the queue is empty */
		LISTENER_ENDS,
	} state;
	int64_t drains_since; /* on the monotonic clock */
};

/* multiwatch 1.0.0-rc1 sends QUIT for -s TERM (measured). USR1 is its default. */
static void end_signals(sigset_t *signals)
{
	static const int ends[] = {SIGTERM, SIGINT, SIGQUIT, SIGUSR1, SIGHUP};

	sigemptyset(signals);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		sigaddset(signals, ends[i]);
}

static bool watch(const struct listener *listener, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	return epoll_ctl(listener->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* False and errno after an error. The caller calls listener_close() in either case. */
static bool listener_open(struct listener *listener, bool socket_stays)
{
	int flags = fcntl(LISTEN_SOCKET, F_GETFL);
	sigset_t signals;

	end_signals(&signals);
	*listener = (struct listener){
	    .epoll = epoll_create1(EPOLL_CLOEXEC),
	    .signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK),
	    .socket_stays = socket_stays,
	};
	sigprocmask(SIG_BLOCK, &signals, NULL);
	/* With EPOLLEXCLUSIVE a connection wakes one of the idle workers, not all. */
	return flags >= 0 && fcntl(LISTEN_SOCKET, F_SETFL, flags | O_NONBLOCK) == 0 &&
	       listener->epoll >= 0 && listener->signals >= 0 &&
	       watch(listener, LISTEN_SOCKET, EPOLLIN | EPOLLEXCLUSIVE) &&
	       watch(listener, listener->signals, EPOLLIN);
}

static void listener_close(struct listener *listener)
{
	if (listener->signals >= 0)
		close(listener->signals);
	if (listener->epoll >= 0)
		close(listener->epoll);
}

/* Reads the first signal. Later signals change nothing. */
static void signal_take(struct listener *listener)
{
	struct signalfd_siginfo info;

	if (read(listener->signals, &info, sizeof info) != (ssize_t)sizeof info)
		return;
	epoll_ctl(listener->epoll, EPOLL_CTL_DEL, listener->signals, NULL);
	if (listener->socket_stays || info.ssi_signo == SIGHUP) {
		listener->state = LISTENER_ENDS;
		return;
	}
	listener->state = LISTENER_DRAINS;
	listener->drains_since = clock_monotonic();
}

/* Milliseconds to wait for a connection; -1: without a limit. */
static int listener_limit(const struct listener *listener)
{
	int64_t left;

	if (listener->state == LISTENER_RUNS)
		return -1;
	left = listener->drains_since + DRAIN_MIN - clock_monotonic();
	return left > 0 ? (int)(left / MILLISECOND) + 1 : 0;
}

/* Waits until there may be a connection. After a signal the caller must try to accept one too: the
 * kernel may have woken only this worker for it. False and errno after an error. */
static bool listener_wait(struct listener *listener)
{
	struct epoll_event events[2];
	int count;

	do
		count = epoll_wait(listener->epoll, events, 2, listener_limit(listener));
	while (count < 0 && errno == EINTR);
	for (int i = 0; i < count; i++)
		if (events[i].data.fd == listener->signals)
			signal_take(listener);
	return count >= 0;
}

/* Must the worker end now? `empty`: no connection waits in the queue. */
static bool listener_ends(const struct listener *listener, bool empty)
{
	int64_t since = clock_monotonic() - listener->drains_since;

	if (listener->state == LISTENER_DRAINS)
		return since >= (empty ? DRAIN_MIN : DRAIN_MAX);
	return listener->state == LISTENER_ENDS;
}

/* Serves one request if there is one. Returns the result of FCGX_Accept_r(): 0, or a negative error
 * number. */
static int request_serve(struct api *api, struct arena *arena, FCGX_Request *fcgi)
{
	struct front front = front_fcgi(fcgi);
	int outcome = FCGX_Accept_r(fcgi);

	if (outcome < 0)
		return outcome;
	dispatch(api, arena, &front);
	FCGX_Finish_r(fcgi);
	dispatch_after(api, arena);
	arena_reset(arena);
	return 0;
}

/* Serves requests until the worker must end. False after an error, which is logged. */
static bool requests_serve(struct api *api, struct listener *listener, FCGX_Request *fcgi)
{
	int64_t left = api->service.config.worker_max_requests;
	struct arena *arena = arena_new();
	bool ends = false;

	while (!ends) {
		int outcome;

		if (!listener_wait(listener)) {
			log_event("error", "cannot wait for requests: %s", strerror(errno));
			break;
		}
		outcome = request_serve(api, arena, fcgi);
		if (outcome < 0 && outcome != -EAGAIN) {
			log_event("error", "cannot accept requests: %s", strerror(-outcome));
			break;
		}
		ends = listener_ends(listener, outcome == -EAGAIN);
		/* A worker that drains the queue goes on after WORKER_MAX_REQUESTS: no other worker
		 * takes its place. */
		if (outcome == 0 && listener->state == LISTENER_RUNS && left > 0 && --left == 0)
			ends = true;
	}
	arena_free(arena);
	return ends;
}

int serve_fcgi(struct api *api, bool socket_stays)
{
	struct listener listener;
	FCGX_Request fcgi;
	bool good;

	FCGX_Init();
	signal(SIGPIPE, SIG_IGN);
	FCGX_InitRequest(&fcgi, LISTEN_SOCKET, 0);
	good = listener_open(&listener, socket_stays);
	if (good) {
		metrics_worker_enter();
		good = requests_serve(api, &listener, &fcgi);
	} else {
		log_event("error", "cannot listen: %s", strerror(errno));
	}
	listener_close(&listener);
	FCGX_Free(&fcgi, 1);
	return good ? 0 : 1;
}
