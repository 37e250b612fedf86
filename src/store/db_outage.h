/* What the log says about a database that does not serve: a line when that begins and a line when
 * it is over, however often a process tries in between. */
#ifndef CONFAB_STORE_DB_OUTAGE_H
#define CONFAB_STORE_DB_OUTAGE_H

#include "store/db_connect.h"

struct outage {
	int64_t since;         /* on the monotonic clock; 0: there is none */
	size_t host;           /* that served last */
	bool served;           /* one has, so `host` counts */
	unsigned complained;   /* the error of a statement that was logged last */
	int64_t complained_at; /* on the monotonic clock */
};

/* No server serves this process any more. Logs the text unless that is known already. */
__attribute__((format(printf, 2, 3))) void outage_begin(
    struct outage *outage, const char *format, ...);

/* The current server has served: a transaction is through. Logs that when an outage is over by it,
 * or when it is another server than before. */
void outage_end(struct outage *outage, const struct db_servers *servers);

/* Logs the error number of a statement, the same number once a minute: with a full disk every
 * request has it. The server's own text may quote values, so it is not logged. */
void outage_complain(struct outage *outage, unsigned number, const char *sql);

#endif
