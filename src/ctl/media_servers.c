/* confabctl media-servers: lists the media servers, or adds one. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "ctl/ctl.h"
#include "service/media_servers.h"

#define STATEMENT_MAX (10 * SECOND)

static const char usage[] =
    "Usage: confabctl media-servers [--origins]\n"
    "       confabctl media-servers add NAME --control-url URL --public-url URL\n\n"
    "Lists the media servers: name, state, time of the last heartbeat, and the two addresses; -\n"
    "means the one in the settings (GATE_CONTROL, and /rtc at PUBLIC_URL).\n\n"
    "  --origins          print only the origins of the public addresses, a blank before each: they\n"
    "                     go into connect-src in nginx' site\n\n"
    "add adds a server to the table, or changes its addresses. It gets new meetings at once.\n"
    "NAME is server_name in its janus.jcfg, and MEDIA_SERVER in the settings of its host.\n\n"
    "  --control-url URL  the control socket of its gate, as all hosts of the service reach it:\n"
    "                     unix:/PATH, or https://HOST/gate-control through that host's nginx\n"
    "  --public-url URL   its WebSocket, as browsers reach it: wss://HOST/rtc/NAME\n";

static void url_print(const char *url)
{
	printf("  %s", url == NULL ? "-" : url);
}

static void server_print(const struct media_server_row *row)
{
	char time[DATE_TEXT_MAX];

	printf("%s  %s  %s", row->server.name, row->state,
	    row->heartbeat == TIME_NONE ? "-" : date_format(row->heartbeat, time));
	url_print(row->server.control_url);
	url_print(row->server.public_url);
	putchar('\n');
}

/* The length of scheme, host and port of a URL. */
static size_t origin_len(const char *url)
{
	const char *host = strstr(url, "://");

	return host == NULL ? 0 : (size_t)(host + 3 - url) + strcspn(host + 3, "/");
}

/* Prints the origin of a server's public address, unless one before it has the same. */
static void origin_print(const struct media_server_row *rows, size_t i)
{
	const char *url = rows[i].server.public_url;
	size_t len;

	if (url == NULL)
		return;
	len = origin_len(url);
	for (size_t k = 0; k < i; k++) {
		const char *other = rows[k].server.public_url;

		if (other != NULL && origin_len(other) == len && strncmp(other, url, len) == 0)
			return;
	}
	printf(" %.*s", (int)len, url);
}

static bool list(struct service *service, bool only_origins, struct error *error)
{
	struct arena *arena = arena_new();
	struct media_server_row *rows;
	size_t count;
	bool done = media_servers_list(service, arena, &rows, &count, error);

	for (size_t i = 0; done && i < count; i++) {
		if (only_origins)
			origin_print(rows, i);
		else
			server_print(&rows[i]);
	}
	if (only_origins)
		putchar('\n');
	arena_free(arena);
	return done;
}

/* Lists, or adds the server unless its name is NULL. */
static int media_servers_run(const struct media_server *server, bool only_origins)
{
	struct service service = {0};
	struct error error = {0};
	bool done;

	if (!ctl_config(&service.config))
		return 1;
	service_prepare_database(&service, STATEMENT_MAX);
	done = server->name == NULL ? list(&service, only_origins, &error)
				    : media_server_add(&service, server, &error);
	service_close(&service);
	return done ? 0 : ctl_fail("media-servers", &error);
}

static bool url_good(const char *url, const char *scheme, const char *tls_scheme)
{
	size_t len = url == NULL ? 0 : strlen(url);

	return len > 0 && len <= MEDIA_SERVER_URL_MAX &&
	       strcspn(url, " \t\r\n\"'\\;{}$|&") == len &&
	       (strncmp(url, scheme, strlen(scheme)) == 0 ||
		   strncmp(url, tls_scheme, strlen(tls_scheme)) == 0);
}

/* The page tells by the name in the path that this is not the service's own Janus. */
static bool ends_with_name(const char *url, const char *name)
{
	const char *slash = strrchr(url, '/');

	return slash != NULL && strcmp(slash + 1, name) == 0;
}

static int add(const struct media_server *server)
{
	if (!text_plain(server->name, MEDIA_SERVER_NAME_MAX)) {
		fprintf(stderr,
		    "confabctl media-servers: NAME must be 1 to %d letters, digits and ._-\n",
		    MEDIA_SERVER_NAME_MAX);
		return 2;
	}
	if (!(url_good(server->control_url, "http://", "https://") ||
		url_good(server->control_url, "unix:/", "unix:/")) ||
	    !url_good(server->public_url, "ws://", "wss://") ||
	    !ends_with_name(server->public_url, server->name)) {
		fprintf(stderr,
		    "confabctl media-servers: --control-url must be http(s)://… or unix:/…, --public-url"
		    " ws(s)://…/%s\n",
		    server->name);
		return 2;
	}
	return media_servers_run(server, false);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {{"control-url", required_argument, NULL, 'c'},
	    {"public-url", required_argument, NULL, 'p'}, {"origins", no_argument, NULL, 'o'},
	    {NULL, 0, NULL, 0}};
	struct media_server server = {0};
	bool only_origins = false;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 'c':
			server.control_url = optarg;
			break;
		case 'p':
			server.public_url = optarg;
			break;
		case 'o':
			only_origins = true;
			break;
		default:
			return ctl_misuse("media-servers");
		}
	}
	if (argc == 1 || (argc == 2 && only_origins))
		return media_servers_run(&server, only_origins);
	if (only_origins || argc - optind != 2 || strcmp(argv[optind], "add") != 0)
		return ctl_misuse("media-servers");
	server.name = argv[optind + 1];
	return add(&server);
}

const struct subcommand subcommand_media_servers = {
    .name = "media-servers",
    .summary = "list the media servers, or add one",
    .usage = usage,
    .run = run,
};
