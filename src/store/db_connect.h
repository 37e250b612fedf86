/* Opening a connection: to which of the hosts, and what is set for its session. */
#ifndef CONFAB_STORE_DB_CONNECT_H
#define CONFAB_STORE_DB_CONNECT_H

#include <mysql.h>

#include "base/config.h"
#include "base/host_list.h"

/* The servers that DB_HOST names, or the one behind DB_SOCKET. With several hosts, one that is
 * read-only counts as not there. */
struct db_servers {
	const struct config *config;
	struct host hosts[HOSTS_MAX];
	size_t count;            /* of hosts; at least 1 */
	size_t current;          /* the next connect begins with this host */
	int64_t statement_limit; /* microseconds that one statement may take */
	int64_t idle_limit;      /* microseconds after which the server closes the last connection
				  * when nothing is asked of it; 0: much later */
};

/* Why there is no connection. */
struct db_connect_failure {
	unsigned number;   /* mysql_errno()'s, of the host that may serve soonest */
	char message[500]; /* for the log: each host and its reason */
};

void db_servers_init(struct db_servers *servers, const struct config *config);

/* Connects to the current host, else to the others in turn, which makes the one that serves the
 * current one. `deadline` (monotonic, microseconds) is shared out among the hosts that are left,
 * with 1 to 2 seconds for each. The caller closes the connection. NULL with `failure`: none serves.
 */
MYSQL *db_connect(struct db_servers *servers, int64_t deadline, struct db_connect_failure *failure);

/* Makes the next host the current one: the server that was connected takes no work. */
void db_servers_advance(struct db_servers *servers);

/* Writes the name of host `i` as it is shown to people; gives `text` of HOST_TEXT_SIZE bytes. */
const char *db_server_name(const struct db_servers *servers, size_t i, char *text);

/* Connects to host `i` alone and closes the connection again. False with `failure` when it does not
 * answer. */
bool db_server_probe(const struct db_servers *servers, size_t i, bool *read_only,
    struct db_connect_failure *failure);

#endif
