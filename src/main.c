/* confab.fcgi: a worker of the pool (FastCGI), or one request as a plain CGI program. */
#include <errno.h>
#include <fcgiapp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/dispatch.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/metrics.h"
#include "http/front.h"

enum {
	LISTEN_SOCKET = 0, /* FastCGI: the spawner leaves it as standard input */
	ALARM_SECONDS = 1,
};

static volatile sig_atomic_t stopping;

/* The signal may come between the look at `stopping` and accept(), which would then wait for one
 * more request: the alarm interrupts it a second later. (alarm() may be called in a handler.) */
static void stop(int signal)
{
	(void)signal;
	stopping = 1;
	alarm(ALARM_SECONDS);
}

/* TERM, INT, USR1 (multiwatch's default), QUIT (what multiwatch 1.0.0-rc1 really sends with -s
 * TERM, measured) and the alarm all interrupt accept(): no SA_RESTART. They are blocked while a
 * request is in hand, so that it is finished undisturbed. */
static void signals_install(sigset_t *signals)
{
	static const int handled[] = {SIGTERM, SIGINT, SIGQUIT, SIGUSR1, SIGALRM};
	struct sigaction action = {.sa_handler = stop};

	sigemptyset(&action.sa_mask);
	sigemptyset(signals);
	for (size_t i = 0; i < sizeof handled / sizeof handled[0]; i++) {
		sigaction(handled[i], &action, NULL);
		sigaddset(signals, handled[i]);
	}
	signal(SIGPIPE, SIG_IGN);
}

static int serve_fcgi(struct service *service)
{
	struct arena *arena = arena_new();
	int64_t left = service->config.worker_max_requests;
	FCGX_Request fcgi;
	sigset_t signals;
	int status = 0;

	FCGX_Init();
	signals_install(&signals); /* after FCGX_Init(), which installs its own for USR1 */
	FCGX_InitRequest(&fcgi, LISTEN_SOCKET, FCGI_FAIL_ACCEPT_ON_INTR);
	metrics_worker_enter();
	while (!stopping) {
		struct front front = front_fcgi(&fcgi);

		if (FCGX_Accept_r(&fcgi) < 0) {
			if (errno == EINTR || stopping)
				continue;
			log_event("error", "cannot accept requests: %s", strerror(errno));
			status = 1;
			break;
		}
		sigprocmask(SIG_BLOCK, &signals, NULL);
		dispatch(service, arena, &front);
		FCGX_Finish_r(&fcgi);
		arena_reset(arena);
		sigprocmask(SIG_UNBLOCK, &signals, NULL);
		if (service->config.worker_max_requests > 0 && --left == 0)
			break;
	}
	FCGX_Free(&fcgi, 1);
	arena_free(arena);
	return status;
}

static int serve_cgi(struct service *service)
{
	struct arena *arena = arena_new();
	struct front front = front_cgi();

	dispatch(service, arena, &front);
	arena_free(arena);
	return 0;
}

int main(void)
{
	struct service service = {0};
	struct error error = {0};
	int status;

	if (!config_load(&service.config, CONFAB_CONF_FILE, &error) ||
	    !service_open(&service, &error)) {
		fprintf(stderr, "confab.fcgi: %s\n", error.message);
		if (FCGX_IsCGI())
			puts("Status: 503 Service Unavailable\r\n"
			     "Content-Type: application/json; charset=utf-8\r\n\r\n"
			     "{\"error\":{\"statusCode\":503,\"name\":\"ServiceUnavailableError\","
			     "\"message\":\"The service is not configured.\"}}");
		error_clear(&error);
		service_close(&service);
		return 2;
	}
	status = FCGX_IsCGI() ? serve_cgi(&service) : serve_fcgi(&service);
	service_close(&service);
	return status;
}
