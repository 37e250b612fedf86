/* Media servers: which there are, and how each is. */
#ifndef CONFAB_MEETING_MEDIA_SERVER_H
#define CONFAB_MEETING_MEDIA_SERVER_H

#include <stdbool.h>
#include <stdint.h>

enum {
	MEDIA_SERVER_NAME_MAX = 64, /* bytes, as the column; letters, digits and . _ - */
	MEDIA_SERVER_URL_MAX = 255, /* bytes, as the columns */
};

/* A media server as the service speaks to it. */
struct media_server {
	const char *name;
	const char *control_url; /* where it takes commands; NULL: where the settings say */
	const char *public_url;  /* where browsers reach it; NULL: beside the service */
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
	bool named;        /* it has called itself by its name, in an event */
	int64_t epoch;     /* its last start, in microseconds; it has forgotten all from before */
	int64_t load;      /* how busy it is, to be compared with others */
	int64_t failures;  /* calls of control_url that failed, one after the other */
	int64_t heartbeat; /* TIME_NONE: never */
};

#endif
