/* What an error number of the database means for a transaction. */
#ifndef CONFAB_STORE_DB_FAILURE_H
#define CONFAB_STORE_DB_FAILURE_H

#include <stdbool.h>

enum db_failure {
	/* A bug of this program, or an error number that it does not know. */
	DB_FAILURE_OURS,
	/* The connection or its prepared statements are lost: connect again. */
	DB_FAILURE_LOST,
	/* Two transactions were in conflict: roll back and run again. */
	DB_FAILURE_CONFLICT,
	/* The server serves nobody now (it stops, or its cluster has no quorum): connect to another
	 * host, or later to the same. */
	DB_FAILURE_AWAY,
	/* The server serves others but refuses our work (it is read-only, or has no room for
	 * another connection): as AWAY, but try for a short time only, because waiting may not
	 * help. */
	DB_FAILURE_REFUSED,
	/* The server cannot do it now, and another connection would not help: no space, no memory,
	 * no rights, no tables yet. */
	DB_FAILURE_OUT_OF_SERVICE,
};

/* `number` is the result of mysql_errno(). 2000 to 2999 are errors of the client library. */
enum db_failure db_failure_of(unsigned number);

/* May the same work succeed when it runs again, perhaps on a new connection? */
bool db_failure_passes(unsigned number);

#endif
