/* Opens a connection: chooses the host and sets the variables of the database session. */
#ifndef CONFAB_STORE_DB_CONNECT_H
#define CONFAB_STORE_DB_CONNECT_H

#include <mysql.h>

#include "base/config.h"
#include "base/host_list.h"

/* The servers of DB_HOST, or the one of DB_SOCKET. When there are several, a read-only one is not
 * used. */
struct db_servers {
	const struct config *config;
	struct host hosts[HOSTS_MAX];
	size_t count;            /* of hosts; at least 1 */
	size_t current;          /* the next connect begins with this host */
	int64_t statement_limit; /* microseconds that one statement may take */
	int64_t idle_limit;      /* microseconds; the server closes a connection that is idle for so
				    long. 0: much later */
};

/* Why there is no connection. */
struct db_connect_failure {
	unsigned number;   /* of mysql_errno(), for the host that may serve soonest */
	char message[500]; /* for the log: the reason of each host */
};

void db_servers_init(struct db_servers *servers, const struct config *config);

/* Connects to the current host, or else to the next one that serves, which then is the current one.
 * The hosts share the time until `deadline` (monotonic clock, microseconds): each gets 1 to 2
 * seconds. The caller closes the connection. NULL with `failure` when no host serves. */
MYSQL *db_connect(struct db_servers *servers, int64_t deadline, struct db_connect_failure *failure);

/* Makes the next host the current one. For a server that refuses work. */
void db_servers_advance(struct db_servers *servers);

/* Writes the name of host `i` for people. Returns `text`, which has HOST_TEXT_SIZE bytes. */
const char *db_server_name(const struct db_servers *servers, size_t i, char *text);

/* Connects to host `i` only and closes the connection. False with `failure` when it does not
 * answer. */
bool db_server_probe(const struct db_servers *servers, size_t i, bool *read_only,
    struct db_connect_failure *failure);

#endif
