/* Inspection: what an operator wants to know of an installation's parts. */
#ifndef CONFAB_SERVICE_INSPECTION_H
#define CONFAB_SERVICE_INSPECTION_H

#include "base/host_list.h"
#include "service/service.h"

/* One of the hosts that DB_HOST names. */
struct host_look {
	char name[HOST_TEXT_SIZE];
	bool there;
	bool read_only;
	struct error error; /* why it is not there */
};

/* How many hosts DB_HOST names; 1 for DB_SOCKET. */
size_t inspection_host_count(const struct service *service);

/* Connects to host `i`. The caller clears the look's error. */
struct host_look inspection_host(const struct service *service, size_t i);

struct database_look {
	char host[HOST_TEXT_SIZE];  /* that was reached */
	int64_t max_connections;    /* of the server */
	bool tables_good;           /* they are those that this program needs */
	const char *tables_version; /* in the arena; NULL unless they are good */
	struct error tables_error;  /* why they are not */
};

/* False with the error when the database cannot be reached. The caller clears `tables_error`. */
bool inspection_database(
    struct service *service, struct arena *arena, struct database_look *look, struct error *error);

/* Is the provider there? Asked for 2 s at most. */
bool inspection_provider(struct service *service, struct arena *arena, struct error *error);

/* Which program the provider is; `*known` is false where that is not the operator's affair. */
bool inspection_software(struct service *service, struct arena *arena, struct software *software,
    bool *known, struct error *error);

/* How far the provider's clock is ahead of the service's, in microseconds, as its newest events
 * show; `*known` says whether there were some. */
bool inspection_clock(struct service *service, int64_t *ahead, bool *known, struct error *error);

/* The MiB that are free for recordings here; -1: this cannot be found out. `*low` when that is less
 * than RECORDING_MIN_FREE. */
int64_t inspection_recordings(const struct service *service, bool *low);

#endif
