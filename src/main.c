/* confab.fcgi: a worker of the pool (FastCGI), or a CGI program for one request. */
#include <fcgiapp.h>
#include <stdio.h>
#include <string.h>

#include "api/dispatch.h"
#include "base/arena.h"
#include "http/front.h"
#include "serve.h"

/* The pool gives this argument when systemd holds the listening socket. */
#define SOCKET_STAYS "--socket-stays"

static int serve_cgi(struct api *api)
{
	struct arena *arena = arena_new();
	struct front front = front_cgi();

	dispatch(api, arena, &front);
	dispatch_after(api, arena);
	arena_free(arena);
	return 0;
}

/* Arguments count only for a worker of the pool: a web server gives a CGI program arguments from
 * the query. */
int main(int argc, char **argv)
{
	struct api api = {0};
	struct error error = {0};
	int status;

	if (!config_load(&api.service.config, CONFAB_CONF_FILE, &error) ||
	    !api_open(&api, &error)) {
		fprintf(stderr, "confab.fcgi: %s\n", error.message);
		if (FCGX_IsCGI())
			puts("Status: 503 Service Unavailable\r\n"
			     "Content-Type: application/json; charset=utf-8\r\n\r\n"
			     "{\"error\":{\"statusCode\":503,\"name\":\"ServiceUnavailableError\","
			     "\"message\":\"The service is not configured.\"}}");
		error_clear(&error);
		api_close(&api);
		return 2;
	}
	if (FCGX_IsCGI())
		status = serve_cgi(&api);
	else
		status = serve_fcgi(&api, argc > 1 && strcmp(argv[1], SOCKET_STAYS) == 0);
	api_close(&api);
	return status;
}
