/* Media servers, and the state of each. */
#ifndef CONFAB_MEETING_MEDIA_SERVER_H
#define CONFAB_MEETING_MEDIA_SERVER_H

#include <stdbool.h>
#include <stdint.h>

enum {
	MEDIA_SERVER_NAME_MAX = 64, /* bytes, as the column; letters, digits and . _ - */
	MEDIA_SERVER_URL_MAX = 255, /* bytes, as the columns */
};

/* The name and addresses of a media server. */
struct media_server {
	const char *name;
	const char *control_url; /* the address for commands; NULL: that of the settings */
	const char *public_url;  /* the address for browsers; NULL: the service's own host */
};

#define SERVER_ACTIVE   "active"
#define SERVER_DRAINING "draining" /* takes no new meetings */
#define SERVER_LOST     "lost"     /* does not answer */

/* A row of the table of media servers. */
struct media_server_row {
	int64_t id;
	struct media_server server;
	const char *provider;
	const char *state;
	bool named;        /* an event has had the server's own name */
	int64_t epoch;     /* its last start, in microseconds; it has lost all rooms from before */
	int64_t load;      /* to compare with other servers */
	int64_t failures;  /* calls of control_url that failed in sequence */
	int64_t heartbeat; /* TIME_NONE: never */
};

#endif
