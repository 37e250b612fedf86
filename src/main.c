/* confab.fcgi: a worker of the pool (FastCGI), or one request as a plain CGI program. */
#include <fcgiapp.h>
#include <stdio.h>
#include <string.h>

#include "api/dispatch.h"
#include "base/arena.h"
#include "http/front.h"
#include "serve.h"

/* Given to a worker whose listening socket outlives the pool. */
#define SOCKET_STAYS "--socket-stays"

static int serve_cgi(struct api *api)
{
	struct arena *arena = arena_new();
	struct front front = front_cgi();

	dispatch(api, arena, &front);
	arena_free(arena);
	return 0;
}

/* A CGI program's arguments come from the query: they count for a worker of the pool alone. */
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
