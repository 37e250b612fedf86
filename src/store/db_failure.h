/* What an error number of the database's client library or server means for a transaction. */
#ifndef CONFAB_STORE_DB_FAILURE_H
#define CONFAB_STORE_DB_FAILURE_H

#include <stdbool.h>

enum db_failure {
	/* A mistake of this program, or an error that it does not know. */
	DB_FAILURE_OURS,
	/* The connection or its prepared statements are gone: connect again. */
	DB_FAILURE_LOST,
	/* Two transactions met: roll back and run again. */
	DB_FAILURE_CONFLICT,
	/* The server does nothing for anybody now (it stops, or its cluster has no quorum): connect
	 * to another host, or to the same one later. */
	DB_FAILURE_AWAY,
	/* The server serves others, but takes no work like ours (it is read-only, or has no room
	 * for one more connection): as AWAY, but not for long, because waiting may not help. */
	DB_FAILURE_REFUSED,
	/* The server cannot do it now, and no other connection helps: no space, no memory, no
	 * rights, tables that are not there yet. */
	DB_FAILURE_OUT_OF_SERVICE,
};

/* `number` is what mysql_errno() gives: 2000 to 2999 are the client library's. */
enum db_failure db_failure_of(unsigned number);

/* May the same work succeed when it runs again, perhaps on a new connection? */
bool db_failure_passes(unsigned number);

#endif
