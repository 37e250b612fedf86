/* Serves FastCGI requests, and ends without losing one.
 *
 * libfcgi drops a request whose accept() or read() a signal interrupts. So the signals stay
 * blocked, and are read from a signalfd beside the listening socket; that socket does not block,
 * and accept() is only tried. */
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
	LISTEN_SOCKET = 0, /* the spawner leaves it as standard input */
};

/* A connect() that found this socket before it was renamed over may still be on its way. */
#define DRAIN_MIN (100 * MILLISECOND)
/* nginx gives up a request that has waited for longer (fastcgi_read_timeout). */
#define DRAIN_MAX MINUTE

/* What a worker waits on. */
struct listener {
	int epoll;
	int signals; /* signalfd */
	bool socket_stays;
	enum {
		LISTENER_RUNS,
		LISTENER_DRAINS, /* until the queue is empty */
		LISTENER_ENDS,
	} state;
	int64_t drains_since; /* monotonic clock */
};

/* QUIT is what multiwatch 1.0.0-rc1 really sends with -s TERM (measured); USR1 is its default. */
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
	/* EPOLLEXCLUSIVE: a connection wakes one of the idle workers, not all of them. */
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

/* Reads the first signal; later ones change nothing. */
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

/* Waits until there may be a connection. The caller then tries to accept one in any case: the
 * kernel may have woken this worker alone for it, together with the signal. False and errno after
 * an error. */
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

/* Is the worker to end now? `empty`: no connection waits in the queue. */
static bool listener_ends(const struct listener *listener, bool empty)
{
	int64_t since = clock_monotonic() - listener->drains_since;

	if (listener->state == LISTENER_DRAINS)
		return since >= (empty ? DRAIN_MIN : DRAIN_MAX);
	return listener->state == LISTENER_ENDS;
}

/* Serves one request when there is one. Returns FCGX_Accept_r()'s result: 0, or an error as a
 * negative number. */
static int request_serve(struct api *api, struct arena *arena, FCGX_Request *fcgi)
{
	struct front front = front_fcgi(fcgi);
	int outcome = FCGX_Accept_r(fcgi);

	if (outcome < 0)
		return outcome;
	dispatch(api, arena, &front);
	FCGX_Finish_r(fcgi);
	arena_reset(arena);
	return 0;
}

/* Serves requests until the worker is to end. False: an error, which is logged. */
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
		/* Nobody takes the place of a worker that drains the queue: it goes on. */
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
