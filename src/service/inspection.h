/* Inspection: tells an operator the state of an installation's parts. */
#ifndef CONFAB_SERVICE_INSPECTION_H
#define CONFAB_SERVICE_INSPECTION_H

#include "base/host_list.h"
#include "service/service.h"

/* One of the hosts that DB_HOST names. */
struct host_look {
	char name[HOST_TEXT_SIZE];
	bool there;
	bool read_only;
	struct error error; /* the reason, if it is not there */
};

/* How many hosts DB_HOST names; 1 for DB_SOCKET. */
size_t inspection_host_count(const struct service *service);

/* Connects to host `i`. The caller clears the look's error. */
struct host_look inspection_host(const struct service *service, size_t i);

struct database_look {
	char host[HOST_TEXT_SIZE];  /* the one that answered */
	int64_t max_connections;    /* of the server */
	bool tables_good;           /* this program can use them */
	const char *tables_version; /* in the arena; NULL if they are not good */
	struct error tables_error;  /* the reason, if they are not good */
};

/* False with the error if the database does not answer. The caller clears `tables_error`. */
bool inspection_database(
    struct service *service, struct arena *arena, struct database_look *look, struct error *error);

/* Does the media server answer? This takes 2 s at most. */
bool inspection_provider(struct service *service, struct arena *arena,
    const struct media_server *server, struct error *error);

/* Asks at the address that browsers use (`server->public_url`, which must not be NULL). True when
 * it leads to the nginx before this server's gate: nginx refuses what is no WebSocket, but knows
 * the path. False with the reason. */
bool inspection_public_address(struct service *service, struct arena *arena,
    const struct media_server *server, struct error *error);

/* Finds the name and version of the media server's program. `*known` is false if the operator does
 * not run that program. */
bool inspection_software(struct service *service, struct arena *arena,
    const struct media_server *server, struct software *software, bool *known, struct error *error);

/* Finds how far the provider's clock is ahead of the service's, in microseconds. The newest events
 * show it; `*known` is false if there are none. */
bool inspection_clock(struct service *service, int64_t *ahead, bool *known, struct error *error);

/* The MiB that are free for recordings here; -1: unknown. `*low` is true if that is less than
 * RECORDING_MIN_FREE. */
int64_t inspection_recordings(const struct service *service, bool *low);

/* A program without which recordings are not processed here; NULL: all are there, or this host
 * keeps no recordings. The text lies in the arena. */
const char *inspection_missing(const struct service *service, struct arena *arena);

#endif
