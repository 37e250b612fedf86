/* The log's lines about a database that does not serve. */
#include "store/db_outage.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"

#define COMPLAIN_EVERY MINUTE

void outage_begin(struct outage *outage, const char *format, ...)
{
	char text[600];
	va_list args;

	if (outage->since != 0)
		return;
	outage->since = clock_monotonic();
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	log_event("warning", "database: %s", text);
}

void outage_end(struct outage *outage, const struct db_servers *servers)
{
	bool moved = outage->served && outage->host != servers->current;
	char name[HOST_TEXT_SIZE];

	if (outage->since != 0)
		log_event("warning", "database: back after %lld s, at %s",
		    (long long)((clock_monotonic() - outage->since) / SECOND),
		    db_server_name(servers, servers->current, name));
	else if (moved)
		log_event("warning", "database: now at %s",
		    db_server_name(servers, servers->current, name));
	outage->since = 0;
	outage->host = servers->current;
	outage->served = true;
}

void outage_complain(struct outage *outage, unsigned number, const char *sql)
{
	int64_t now = clock_monotonic();

	if (outage->complained == number && now - outage->complained_at < COMPLAIN_EVERY)
		return;
	outage->complained = number;
	outage->complained_at = now;
	log_event("error", "database: error %u in: %.300s", number, sql);
}
