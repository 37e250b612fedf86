/* The log's lines about a database that does not serve: one when an outage begins and one when it
 * ends, no matter how often the process tries. */
#ifndef CONFAB_STORE_DB_OUTAGE_H
#define CONFAB_STORE_DB_OUTAGE_H

#include "store/db_connect.h"

struct outage {
	int64_t since;         /* on the monotonic clock; 0: no outage */
	size_t host;           /* the host that served last */
	bool served;           /* `host` is set: a host has served */
	unsigned complained;   /* the error number that was logged last for a statement */
	int64_t complained_at; /* on the monotonic clock */
};

/* No server serves this process now. Logs the text, once in an outage. */
__attribute__((format(printf, 2, 3))) void outage_begin(
    struct outage *outage, const char *format, ...);

/* The current server has run a transaction. Logs the end of an outage, or that this is another
 * server than before. */
void outage_end(struct outage *outage, const struct db_servers *servers);

/* Logs the error number of a statement, at most once a minute for one number: with a full disk
 * every request fails. The server's own text is not logged, because it may contain values. */
void outage_complain(struct outage *outage, unsigned number, const char *sql);

#endif
